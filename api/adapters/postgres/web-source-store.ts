import type { EntityManager } from "@mikro-orm/postgresql";
import type { Tenant } from "../../core/tenant.ts";
import {
  crawlJob,
  webSourceExists,
  webSourceLimitReached,
  maxWebSources,
  type NewWebSource,
  type WebPageFault,
  type WebSourceStore,
} from "../../core/web/web-source.ts";
import { arrayLiteral } from "./array-literal.ts";
import type { DocumentStoreDeps } from "./document-store.ts";
import { parseSeq, toPage } from "./pages.ts";
import { query } from "./raw-query.ts";
import { quotedSchema } from "./tenant-work.ts";
import { createWebSourceSteps } from "./web-source-steps.ts";
import { findSource, jobsAt, selectSources, showSource } from "./web-source-rows.ts";

export type WebSourceDeps = Pick<DocumentStoreDeps, "work" | "sendJobs" | "onSend">;

interface DueRow {
  readonly id: string;
  readonly dueAt: string | Date | null;
}

export function createWebSourceStore(deps: WebSourceDeps): WebSourceStore {
  const { work, sendJobs, onSend } = deps;

  /** Changes a row, and sends the job that its moment asks for. Undefined where none was changed. */
  async function change(tenant: Tenant, now: Date, sql: string, values: readonly unknown[]) {
    const changed = await work(tenant, async (em) => {
      const [row] = await query<DueRow>(em, sql, values);
      if (!row) return undefined;
      await sendJobs(em, tenant, jobsAt(tenant, row, now));
      return findSource(em, tenant, row.id);
    });
    onSend();
    return changed;
  }

  return {
    async addWebSource(tenant, source) {
      const added = await work(tenant, async (em) => {
        await insertSource(em, tenant, source);
        await sendJobs(em, tenant, [crawlJob(tenant.id, source.id, 0)]);
        return findSource(em, tenant, source.id);
      });
      if (!added) throw new Error("A web source was not stored");
      onSend();
      return added;
    },
    findWebSource: (tenant, id) => work(tenant, (em) => findSource(em, tenant, id)),
    pageWebSources: (tenant, { limit, after }) =>
      work(tenant, async (em) => {
        const place = after === undefined ? 0 : parseSeq(after);
        const rest = "where not s.is_leaving and s.seq > $1 order by s.seq limit $2";
        const rows = await selectSources(em, tenant, rest, [place, limit + 1]);
        return toPage(rows, limit, showSource, ({ seq }) => String(seq));
      }),
    listPageFaults: (tenant, id, limit) =>
      work(tenant, (em) =>
        query<WebPageFault>(
          em,
          `select url, error_code as code, error as message from ${quotedSchema(tenant)}.web_pages
           where web_source_id = $1 and state = 'failed' order by url collate "C" limit $2`,
          [id, limit],
        ),
      ),
    changeWebSource: (tenant, id, { everyHours, maxPages, include, exclude }, dueAt, now) =>
      change(
        tenant,
        now,
        `update ${quotedSchema(tenant)}.web_sources
         set every_hours = $2, max_pages = $3, include = $4::text[], exclude = $5::text[],
           due_at = case when state in ('complete', 'failed') then $6::timestamptz else due_at end
         where id = $1 and not is_leaving returning id, due_at as "dueAt"`,
        [id, everyHours, maxPages, arrayLiteral(include), arrayLiteral(exclude), dueAt],
      ),
    refreshWebSource: (tenant, id, now) =>
      change(
        tenant,
        now,
        `update ${quotedSchema(tenant)}.web_sources
         set is_refresh_wanted = state = 'reading' or coalesce(held_until > now(), false), tries = 0,
           state = case when state = 'reading' then state else 'queued' end,
           due_at = case when state = 'reading' then due_at else $2::timestamptz end
         where id = $1 and not is_leaving returning id, due_at as "dueAt"`,
        [id, now],
      ),
    async removeWebSource(tenant, id, keepDocuments, now) {
      const schema = quotedSchema(tenant);
      const isRemoved = await work(tenant, async (em) => {
        const sql = keepDocuments
          ? `delete from ${schema}.web_sources where id = $1 and not is_leaving returning id`
          : `update ${schema}.web_sources set is_leaving = true, due_at = $2 where id = $1 and not is_leaving returning id`;
        const [row] = await query(em, sql, keepDocuments ? [id] : [id, now]);
        if (!row) return false;
        await query(
          em,
          `update ${schema}.web_pages set is_leaving = true, state = 'waiting', due_at = $2 where web_source_id = $1`,
          [id, now],
        );
        // Also where nothing is left to do: it takes the place of the one that waits.
        await sendJobs(em, tenant, [crawlJob(tenant.id, id, 0)]);
        return true;
      });
      if (isRemoved) onSend();
      return isRemoved;
    },
    ...createWebSourceSteps(deps),
  };
}

async function insertSource(
  em: EntityManager,
  tenant: Tenant,
  { id, url, kind, everyHours, maxPages, include, exclude, createdAt }: NewWebSource,
): Promise<void> {
  const schema = quotedSchema(tenant);
  // One at a time, so that the limit holds.
  await query(em, `select pg_advisory_xact_lock(hashtext($1))`, [`${schema} web sources`]);
  const [known] = await query<{ count: number; isThere: boolean | null }>(
    em,
    `select count(*)::int as count, bool_or(url = $1) as "isThere" from ${schema}.web_sources where not is_leaving`,
    [url],
  );
  if (known?.isThere) throw webSourceExists();
  if ((known?.count ?? 0) >= maxWebSources) throw webSourceLimitReached();
  await query(
    em,
    `insert into ${schema}.web_sources
       (id, url, kind, every_hours, max_pages, include, exclude, state, due_at, created_at)
     values ($1, $2, $3, $4, $5, $6::text[], $7::text[], 'queued', $8, $8)`,
    [id, url, kind, everyHours, maxPages, arrayLiteral(include), arrayLiteral(exclude), createdAt],
  );
}
