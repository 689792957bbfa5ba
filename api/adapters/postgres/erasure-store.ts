import type { EntityManager } from "@mikro-orm/postgresql";
import { isStuck } from "../../core/erasure/erase.ts";
import {
  eraseJob,
  type Counts,
  type Erasure,
  type ErasureStore,
} from "../../core/erasure/erasure.ts";
import type { Tenant } from "../../core/tenant.ts";
import { addEntry } from "./audit-log.ts";
import { dropTenant } from "./drop-tenant.ts";
import { eraseChats } from "./erase-chats.ts";
import { addToErasure, asLogin, insertErasure, selectErasures } from "./erasure-rows.ts";
import { hashPerson } from "./hash-person.ts";
import type { JobTables } from "./job-outbox.ts";
import { findLeftRows } from "./left-rows.ts";
import { parseSeq, toPage } from "./pages.ts";
import { noteVectors, readPlaces } from "./places.ts";
import type { PublicWork } from "./public-work.ts";
import { query } from "./raw-query.ts";
import type { Roles } from "./roles.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

export interface ErasureStoreDeps {
  readonly url: string;
  readonly publicWork: PublicWork;
  readonly work: TenantWork;
  readonly roles: Roles;
  readonly jobs: Pick<JobTables, "send">;
  readonly onSend: () => void;
  /** The tenant while it is there and isn't being erased. */
  readonly findTenant: (id: string) => Promise<Tenant | undefined>;
  readonly forgetTenant: (id: string) => void;
  readonly forgetUser: (id: string) => void;
}

export function createErasureStore(deps: ErasureStoreDeps): ErasureStore {
  const { publicWork, onSend } = deps;
  const find = (id: string) =>
    publicWork.read(async (em) => (await selectErasures(em, "where id = $1", [id]))[0]?.erasure);
  return {
    listErasures: (tenantId, { limit, after }) =>
      publicWork.read(async (em) => {
        const values = [tenantId ?? null, after === undefined ? null : parseSeq(after), limit + 1];
        const rest = `where ($1::text is null or tenant_id = $1) and ($2::bigint is null or seq < $2)
          order by erasures.seq desc limit $3`;
        const rows = await selectErasures(em, rest, values);
        return toPage(
          rows,
          limit,
          ({ erasure }) => erasure,
          ({ seq }) => seq,
        );
      }),
    findErasure: find,
    async beginTenant(tenantId, request, audit) {
      const erasure = await publicWork.change(async (em) => {
        const shut = `update public.tenants set status = 'erasing' where id = $1 and status <> 'erasing' returning id`;
        if ((await query(em, shut, [tenantId])).length === 0) {
          const begun = await findPending(em, tenantId);
          if (begun && isStuck(begun)) await sendErase(deps, em, begun);
          return begun;
        }
        const made = begin(request, tenantId, "tenant", tenantId);
        await insertErasure(em, made);
        await addEntry(em, audit);
        await sendErase(deps, em, made);
        return made;
      });
      deps.forgetTenant(tenantId);
      onSend();
      return erasure;
    },
    async beginUser(tenantId, userId, request, audit) {
      const erasure = await publicWork.change(async (em) => {
        const removed = await removeUser(em, tenantId, userId);
        if (!removed) return undefined;
        const made = { ...begin(request, tenantId, "user", userId), ...removed };
        await insertErasure(em, made);
        await addEntry(em, audit);
        await sendErase(deps, em, made);
        return made;
      });
      deps.forgetUser(userId);
      onSend();
      return erasure;
    },
    async eraseRows(erasure) {
      if (erasure.kind === "tenant") await dropTenant(deps, erasure);
      if (erasure.kind === "user") await eraseUserChats(deps, erasure);
      return (await find(erasure.id)) ?? erasure;
    },
    finishErasure: (id, counts) => publicWork.change((em) => finish(em, id, counts)),
    failErasure: (id) =>
      publicWork.change(async (em) => {
        await query(
          em,
          `update public.erasures set state = 'failed' where id = $1 and state = 'pending'`,
          [id],
        );
      }),
    noteErasure: (id, waitsFor, counts) =>
      publicWork.change(async (em) => {
        const rest = "where id = $1 and state <> 'complete' for update";
        if ((await selectErasures(em, rest, [id])).length === 0) return;
        await addToErasure(em, id, counts);
        await query(
          em,
          `update public.erasures set trail = jsonb_strip_nulls(trail || jsonb_build_object('waitsFor', $2::text))
           where id = $1`,
          [id, waitsFor],
        );
      }),
    listStuckErasures: (limit) =>
      publicWork.read(async (em) => {
        const rest = `where state = 'failed' or (state = 'pending' and trail -> 'waitsFor' is not null)
          order by erasures.seq limit $1`;
        return (await selectErasures(em, rest, [limit])).map(({ erasure }) => erasure);
      }),
    noteVectors: () => noteVectors(publicWork),
    usedPlaces: () => readPlaces(publicWork),
    findLeftRows: (erasure) => findLeftRows(deps, erasure),
  };
}

function begin(
  request: Pick<Erasure, "id" | "actor" | "requestedAt">,
  tenantId: string,
  kind: Erasure["kind"],
  subjectId: string,
): Erasure {
  const empty = { finishedAt: null, state: "pending", counts: {}, trail: {} } as const;
  return { ...request, tenantId, kind, subjectId, ...empty };
}

async function sendErase({ jobs }: ErasureStoreDeps, em: EntityManager, made: Erasure) {
  await jobs.send(
    async (text, values) => ({ rows: await query(em, text, values) }),
    [eraseJob(made)],
  );
}

async function findPending(em: EntityManager, tenantId: string): Promise<Erasure | undefined> {
  const rest = `where tenant_id = $1 and kind = 'tenant' and state <> 'complete'
    and exists (select from public.tenants where id = $1 and status = 'erasing') order by erasures.seq desc limit 1`;
  return (await selectErasures(em, rest, [tenantId]))[0]?.erasure;
}

async function removeUser(
  em: EntityManager,
  tenantId: string,
  userId: string,
): Promise<Pick<Erasure, "counts" | "trail"> | undefined> {
  const [user] = await query<{ externalId: string | null }>(
    em,
    `select (select external_user_id from public.external_user_mapping where tenant_id = $1 and user_id = $2) as "externalId"
     from public.users where tenant_id = $1 and id = $2 for update`,
    [tenantId, userId],
  );
  if (!user) return undefined;
  const tickets = await query(
    em,
    `delete from public.tickets where tenant_id = $1 and holder ->> 'userId' = $2 returning 1 as one`,
    [tenantId, userId],
  );
  await query(em, `delete from public.users where tenant_id = $1 and id = $2`, [tenantId, userId]);
  const { externalId } = user;
  return {
    counts: {
      users: 1,
      external_user_mapping: externalId === null ? 0 : 1,
      tickets: tickets.length,
    },
    trail: externalId === null ? {} : { person: hashPerson(tenantId, externalId) },
  };
}

async function eraseUserChats(deps: ErasureStoreDeps, erasure: Erasure): Promise<void> {
  const { roles, work } = deps;
  const { tenantId, subjectId: userId } = erasure;
  const tenant = await deps.findTenant(tenantId);
  if (!tenant) return;
  const schema = quotedSchema(tenant);
  await work(tenant, async (em) => {
    await query(em, `select pg_advisory_xact_lock(hashtextextended('miptech owner ' || $1, 0))`, [
      userId,
    ]);
    await query(
      em,
      `insert into ${schema}.erased_owners (hash) values (encode(sha256(convert_to($1, 'UTF8')), 'hex'))
       on conflict do nothing`,
      [userId],
    );
    const owned = await query<{ id: string }>(
      em,
      `select id from ${schema}.chats where owner_id = $1`,
      [userId],
    );
    const erased = await eraseChats(
      em,
      tenant,
      owned.map(({ id }) => id),
    );
    if (erased)
      await asLogin(em, roles, tenant, () =>
        addToErasure(em, erasure.id, erased.counts, erased.trail),
      );
  });
}

/** With a tenant its row goes, and all that hangs on it. */
async function finish(em: EntityManager, id: string, counts: Counts): Promise<void> {
  const rest = "where id = $1 and state <> 'complete' for update";
  const [found] = await selectErasures(em, rest, [id]);
  if (!found) return;
  const { kind, tenantId } = found.erasure;
  const rows = kind === "tenant" ? await removeTenantRows(em, tenantId) : {};
  await addToErasure(em, id, { ...counts, ...rows });
  const done = `update public.erasures set state = 'complete', finished_at = now(), trail = trail - 'waitsFor' where id = $1`;
  await query(em, done, [id]);
}

async function removeTenantRows(em: EntityManager, tenantId: string): Promise<Counts> {
  const counts: Record<string, number> = {};
  const tables = ["tickets", "api_keys", "external_user_mapping", "users", "process_tenants"];
  for (const table of tables) {
    const sql = `delete from public.${table} where tenant_id = $1 returning 1 as one`;
    counts[table] = (await query(em, sql, [tenantId])).length;
  }
  const sql = `delete from public.tenants where id = $1 and status = 'erasing' returning 1 as one`;
  counts["tenants"] = (await query(em, sql, [tenantId])).length;
  return counts;
}
