import type { EntityManager } from "@mikro-orm/postgresql";
import {
  eraseJob,
  type Counts,
  type Erasure,
  type ErasureTrail,
} from "../../core/erasure/erasure.ts";
import type { Tenant } from "../../core/tenant.ts";
import type { SendJobs } from "./job-outbox.ts";
import { query } from "./raw-query.ts";
import type { Roles } from "./roles.ts";

/** Keeps a receipt in the transaction of a tenant's work, with the job that finishes the deletion where one is needed. */
export type KeepReceipt = (em: EntityManager, tenant: Tenant, erasure: Erasure) => Promise<void>;

export function createReceipts(roles: Roles, sendJobs: SendJobs): KeepReceipt {
  return async (em, tenant, erasure) => {
    await asLogin(em, roles, tenant, () => insertErasure(em, erasure));
    if (erasure.state === "pending") await sendJobs(em, tenant, [eraseJob(erasure)]);
  };
}

/** The tenant's role knows nothing of public: for this alone the transaction goes on as the login. */
export async function asLogin<Result>(
  em: EntityManager,
  roles: Roles,
  tenant: Tenant,
  work: () => Promise<Result>,
): Promise<Result> {
  const role = roles.tenantRole(tenant.id);
  if (!role) return work();
  await em.execute("set local role none");
  const result = await work();
  await em.execute("select set_config('role', ?, true)", [role]);
  return result;
}

export async function insertErasure(em: EntityManager, erasure: Erasure): Promise<void> {
  const { id, tenantId, kind, subjectId, actor, requestedAt, finishedAt, state } = erasure;
  await query(
    em,
    `insert into public.erasures (id, tenant_id, kind, subject_id, actor_kind, actor_id, actor_address, requested_at,
       finished_at, state, counts, trail)
     values ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $9::timestamptz, $10, $11::jsonb, $12::jsonb)`,
    [
      id,
      tenantId,
      kind,
      subjectId,
      actor.kind,
      actor.id,
      actor.address,
      requestedAt.toISOString(),
      finishedAt?.toISOString() ?? null,
      state,
      JSON.stringify(erasure.counts),
      JSON.stringify(erasure.trail),
    ],
  );
}

interface ErasureRow extends Pick<Erasure, "id" | "tenantId" | "kind" | "subjectId" | "state"> {
  readonly seq: string;
  readonly actorKind: Erasure["actor"]["kind"];
  readonly actorId: string | null;
  readonly actorAddress: string;
  readonly requestedAt: number;
  readonly finishedAt: number | null;
  readonly counts: Counts;
  readonly trail: ErasureTrail;
}

/** @param rest of the statement, written with $1, $2 …; @returns each with its place in the order. */
export async function selectErasures(
  em: EntityManager,
  rest: string,
  values: readonly unknown[],
): Promise<{ readonly seq: string; readonly erasure: Erasure }[]> {
  const rows = await query<ErasureRow>(
    em,
    `select seq::text, id, tenant_id as "tenantId", kind, subject_id as "subjectId", state, actor_kind as "actorKind",
       actor_id as "actorId", actor_address as "actorAddress", counts, trail,
       (extract(epoch from requested_at) * 1000)::float8 as "requestedAt",
       (extract(epoch from finished_at) * 1000)::float8 as "finishedAt"
     from public.erasures ${rest}`,
    values,
  );
  return rows.map(({ seq, actorKind, actorId, actorAddress, requestedAt, finishedAt, ...row }) => ({
    seq,
    erasure: {
      ...row,
      actor: { kind: actorKind, id: actorId, address: actorAddress },
      requestedAt: new Date(requestedAt),
      finishedAt: finishedAt === null ? null : new Date(finishedAt),
    },
  }));
}

/** Adds what was removed to the receipt, in the step that removes it, so that nothing is counted twice. */
export async function addToErasure(
  em: EntityManager,
  id: string,
  counts: Counts,
  trail: ErasureTrail = {},
): Promise<void> {
  await query(
    em,
    `update public.erasures set trail = trail || $3::jsonb, counts = (
       select coalesce(jsonb_object_agg(key, total), '{}') from (
         select key, sum(value::int) as total from (
           select * from jsonb_each_text(counts) union all select * from jsonb_each_text($2::jsonb)
         ) each group by key
       ) sums
     ) where id = $1`,
    [id, JSON.stringify(counts), JSON.stringify(trail)],
  );
}
