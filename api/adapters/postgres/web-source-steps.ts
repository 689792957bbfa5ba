import type { Tenant } from "../../core/tenant.ts";
import type { WebSourceStore } from "../../core/web/web-source.ts";
import { arrayLiteral } from "./array-literal.ts";
import { query } from "./raw-query.ts";
import { quotedSchema } from "./tenant-work.ts";
import { jobsAt, selectNextPage, selectSources } from "./web-source-rows.ts";
import type { WebSourceDeps } from "./web-source-store.ts";

type Steps = Pick<
  WebSourceStore,
  | "claimWebSource"
  | "beginRead"
  | "nextPage"
  | "holdPage"
  | "savePage"
  | "isPageShared"
  | "removePage"
  | "releaseWebSource"
  | "dropWebSource"
>;

/** What the job that reads a source does. Whether it is held is told by the database's clock alone. */
export function createWebSourceSteps({ work, sendJobs, onSend }: WebSourceDeps): Steps {
  const hold = (tenant: Tenant) => `update ${quotedSchema(tenant)}.web_sources
    set holder = $2, held_until = now() + $3 * interval '1 millisecond'
    where id = $1 and (holder = $2 or held_until is null or held_until < now()) returning id`;

  return {
    claimWebSource: (tenant, id, holder, leaseMs) =>
      work(tenant, async (em) => {
        const [held] = await query(em, hold(tenant), [id, holder, leaseMs]);
        const [source] = await selectSources(em, tenant, "where s.id = $1", [id]);
        if (!source) return undefined;
        const { seq: _seq, ...claimed } = source;
        return held ? claimed : "busy";
      }),
    beginRead: (tenant, id, holder, { urls, isComplete, error }, now) =>
      work(tenant, async (em) => {
        const schema = quotedSchema(tenant);
        const [source] = await query<{ read: string }>(
          em,
          `update ${schema}.web_sources set state = 'reading', read = read + 1, is_refresh_wanted = false, tries = 0,
             error_code = $3, error = $4
           where id = $1 and holder = $2 and not is_leaving returning read`,
          [id, holder, error?.code ?? null, error?.message ?? null],
        );
        if (!source) return false;
        await query(
          em,
          `insert into ${schema}.web_pages (web_source_id, url, place, read, state, due_at)
           select $1, url, place, $3, 'waiting', $4 from unnest($2::text[]) with ordinality as listed (url, place)
           on conflict (web_source_id, url) do update set place = excluded.place, read = excluded.read,
             state = 'waiting', is_leaving = false, tries = 0, due_at = excluded.due_at`,
          [id, arrayLiteral(urls), source.read, now],
        );
        if (!isComplete) return true;
        await query(
          em,
          `update ${schema}.web_pages set is_leaving = true, state = 'waiting', due_at = $3
           where web_source_id = $1 and read < $2`,
          [id, source.read, now],
        );
        return true;
      }),
    nextPage: (tenant, id) => work(tenant, (em) => selectNextPage(em, tenant, id)),
    holdPage: (tenant, id, holder, url, leaseMs) =>
      work(tenant, async (em) => {
        const [held] = await query(em, hold(tenant), [id, holder, leaseMs]);
        if (!held) return false;
        const rows = await query(
          em,
          `update ${quotedSchema(tenant)}.web_pages set is_put = true
           where web_source_id = $1 and url = $2 and not is_leaving returning url`,
          [id, url],
        );
        return rows.length > 0;
      }),
    savePage: (tenant, id, url, outcome) =>
      work(tenant, async (em) => {
        const { state, error, tries, goneCount, etag, lastModified, dueAt, isGone } = outcome;
        await query(
          em,
          `update ${quotedSchema(tenant)}.web_pages set state = $3, error_code = $4, error = $5, tries = $6,
             gone_count = $7, etag = $8, last_modified = $9, due_at = $10, is_put = is_put and not $11
           where web_source_id = $1 and url = $2 and not is_leaving`,
          [
            id,
            url,
            state,
            error?.code ?? null,
            error?.message ?? null,
            tries,
            goneCount,
            etag,
            lastModified,
            dueAt,
            isGone,
          ],
        );
      }),
    isPageShared: (tenant, id, url) =>
      work(tenant, async (em) => {
        const others = await query(
          em,
          `select from ${quotedSchema(tenant)}.web_pages
           where url = $2 and web_source_id <> $1 and is_put and not is_leaving limit 1`,
          [id, url],
        );
        return others.length > 0;
      }),
    removePage: (tenant, id, url) =>
      work(tenant, async (em) => {
        await query(
          em,
          `delete from ${quotedSchema(tenant)}.web_pages where web_source_id = $1 and url = $2`,
          [id, url],
        );
      }),
    async releaseWebSource(tenant, id, holder, outcome, now) {
      const { state = null, error, tries, fetchedAt = null, dueAt, everyHours } = outcome;
      const reads = state === "reading";
      await work(tenant, async (em) => {
        const [row] = await query<{ id: string; dueAt: string | Date | null }>(
          em,
          `update ${quotedSchema(tenant)}.web_sources
           set holder = null, held_until = null, tries = $4, fetched_at = coalesce($5::timestamptz, fetched_at),
             error_code = case when $6 then $7 else error_code end, error = case when $6 then $8 else error end,
             state = case when is_refresh_wanted and not $9 then 'queued' else coalesce($3, state) end,
             due_at = case
               when is_leaving or (is_refresh_wanted and not $9) then $11::timestamptz
               when $12 then due_at
               when $13 and every_hours is distinct from $14::int then $11::timestamptz + every_hours * interval '1 hour'
               else $10::timestamptz end,
             is_refresh_wanted = is_refresh_wanted and $9
           where id = $1 and holder = $2 returning id, due_at as "dueAt"`,
          [
            id,
            holder,
            state,
            tries,
            fetchedAt,
            error !== undefined,
            error?.code ?? null,
            error?.message ?? null,
            reads,
            dueAt ?? null,
            now,
            dueAt === undefined,
            everyHours !== undefined,
            everyHours ?? null,
          ],
        );
        if (row) await sendJobs(em, tenant, jobsAt(tenant, row, now));
      });
      onSend();
    },
    dropWebSource: (tenant, id, holder) =>
      work(tenant, async (em) => {
        await query(
          em,
          `delete from ${quotedSchema(tenant)}.web_sources where id = $1 and holder = $2 and is_leaving`,
          [id, holder],
        );
      }),
  };
}
