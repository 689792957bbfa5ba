import type { EntityManager } from "@mikro-orm/postgresql";
import type { NewJob } from "../../core/jobs/job-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import {
  type ClaimedSource,
  crawlJob,
  type WebPage,
  type WebSource,
  type WebSourceKind,
  type WebSourceState,
} from "../../core/web/web-source.ts";
import { query } from "./raw-query.ts";
import { quotedSchema } from "./tenant-work.ts";

type Moment = string | Date;

interface SourceRow {
  readonly id: string;
  readonly seq: string | number;
  readonly url: string;
  readonly kind: WebSourceKind;
  readonly everyHours: number | null;
  readonly maxPages: number;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly state: WebSourceState;
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly createdAt: Moment;
  readonly fetchedAt: Moment | null;
  readonly dueAt: Moment | null;
  readonly tries: number;
  readonly isLeaving: boolean;
  readonly total: number;
  readonly waiting: number;
  readonly failed: number;
}

export type StoredSource = ClaimedSource & { readonly seq: number };

/** @param rest of the statement, behind the sources as `s`. */
export async function selectSources(
  em: EntityManager,
  tenant: Tenant,
  rest: string,
  values: readonly unknown[] = [],
): Promise<StoredSource[]> {
  const schema = quotedSchema(tenant);
  const rows = await query<SourceRow>(
    em,
    `select s.id, s.seq, s.url, s.kind, s.every_hours as "everyHours", s.max_pages as "maxPages", s.include, s.exclude,
       s.state, s.error_code as "errorCode", s.error, s.created_at as "createdAt", s.fetched_at as "fetchedAt",
       s.due_at as "dueAt", s.tries, s.is_leaving as "isLeaving", p.total, p.waiting, p.failed
     from ${schema}.web_sources s
     cross join lateral (
       select count(*)::int as total, (count(*) filter (where state = 'waiting'))::int as waiting,
         (count(*) filter (where state = 'failed'))::int as failed
       from ${schema}.web_pages where web_source_id = s.id
     ) p
     ${rest}`,
    values,
  );
  return rows.map(toSource);
}

/** Undefined too for one that is being removed. */
export async function findSource(
  em: EntityManager,
  tenant: Tenant,
  id: string,
): Promise<WebSource | undefined> {
  const [source] = await selectSources(em, tenant, "where s.id = $1 and not s.is_leaving", [id]);
  return source && showSource(source);
}

/** Without what the job alone is to know. */
export function showSource({
  seq: _seq,
  tries: _tries,
  isLeaving: _isLeaving,
  ...source
}: StoredSource): WebSource {
  return source;
}

function toSource(row: SourceRow): StoredSource {
  const { seq, errorCode, error, total, waiting, failed, createdAt, fetchedAt, dueAt, ...rest } =
    row;
  return {
    ...rest,
    seq: Number(seq),
    error: errorCode === null ? null : { code: errorCode, message: error ?? "" },
    pages: { total, waiting, failed },
    createdAt: new Date(createdAt),
    fetchedAt: toDate(fetchedAt),
    nextFetchAt: toDate(dueAt),
  };
}

function toDate(moment: Moment | null): Date | null {
  return moment === null ? null : new Date(moment);
}

interface PageRow extends Omit<WebPage, "dueAt"> {
  readonly dueAt: Moment;
}

/** The page that is due first. */
export async function selectNextPage(
  em: EntityManager,
  tenant: Tenant,
  id: string,
): Promise<WebPage | undefined> {
  const [row] = await query<PageRow>(
    em,
    `select url, due_at as "dueAt", is_leaving as "isLeaving", is_put as "isPut", tries, gone_count as "goneCount",
       etag, last_modified as "lastModified"
     from ${quotedSchema(tenant)}.web_pages where web_source_id = $1 and state = 'waiting'
     order by due_at, place limit 1`,
    [id],
  );
  return row && { ...row, dueAt: new Date(row.dueAt) };
}

/** What its job has to do at that moment; none: it has nothing to do. */
export function jobsAt(
  { id: tenantId }: Tenant,
  { id, dueAt }: { readonly id: string; readonly dueAt: Moment | null },
  now: Date,
): NewJob[] {
  if (dueAt === null) return [];
  return [crawlJob(tenantId, id, Math.max(0, new Date(dueAt).getTime() - now.getTime()))];
}
