import type { LeftJob, NewJob } from "../../core/jobs/job-store.ts";
import { queues, schema, type ExecuteSql } from "./boss.ts";

/**
 * What pg-boss has no command for, or none that goes by an index. @param execute runs SQL as the login.
 */
export interface JobRows {
  /** A job in just that attempt is due at once, and that wasn't one of its attempts. */
  release(queue: string, id: string, retryCount: number): Promise<void>;
  /** The same of all that are under way. */
  releaseAll(): Promise<void>;
  /** The failed job that a dead one is the copy of. */
  removeFailed(deadId: string): Promise<void>;
  remove(tenantId: string, documentId: string | undefined): Promise<number>;
  count(tenantId: string, documentId: string | undefined): Promise<number>;
  list(tenantId: string): Promise<LeftJob[]>;
}

const tenant = "data ->> 'tenantId'";
const document = "data #>> '{data,documentId}'";

/** By which the jobs of a tenant, and of a document, are found. */
export const indexSql = `create index if not exists miptech_jobs on ${schema}.job ((${tenant}), (${document}))`;

/** Of a list: who asks for more than that has nothing from it. */
const mostListed = 1000;

/** The next to take it counts one up, as of any that was begun before: the limit goes along. */
const release = `update ${schema}.job set state = 'retry', retry_limit = retry_limit + 1, heartbeat_on = null,
  start_after = ${schema}.job_now() where state = 'active'`;

export function createJobRows(execute: ExecuteSql): JobRows {
  const countOf = async (sql: string, values: unknown[]) => {
    const { rows } = await execute(sql, values);
    return (rows[0] as { count: number } | undefined)?.count ?? 0;
  };
  const all = Object.values(queues);
  return {
    async release(queue, id, retryCount) {
      const one = `${release} and name = $1 and id = $2::uuid and retry_count = $3`;
      await execute(one, [queue, id, retryCount]);
    },
    async releaseAll() {
      await execute(`${release} and name = any ($1::text[])`, [all]);
    },
    async removeFailed(deadId) {
      await execute(
        `delete from ${schema}.job failed using ${schema}.job dead
         where dead.name = $1 and dead.id = $2::uuid and failed.name = dead.source_name
           and failed.id = dead.source_id and failed.state = 'failed'`,
        [queues.dead, deadId],
      );
    },
    async remove(tenantId, documentId) {
      const [where, values] = removable(tenantId, documentId);
      const gone = `delete from ${schema}.job where ${where} returning 1`;
      return countOf(`with gone as (${gone}) select count(*)::int as count from gone`, values);
    },
    async count(tenantId, documentId) {
      const [where, values] = removable(tenantId, documentId);
      return countOf(`select count(*)::int as count from ${schema}.job where ${where}`, values);
    },
    async list(tenantId) {
      const { rows } = await execute(
        `select data from ${schema}.job where ${tenant} = $1 order by created_on limit ${mostListed}`,
        [tenantId],
      );
      return (rows as { data: Pick<NewJob, "kind" | "tenantId" | "data"> }[]).map(
        ({ data }) => data,
      );
    },
  };
}

function removable(tenantId: string, documentId: string | undefined): [string, unknown[]] {
  const ofTenant = `data ->> 'kind' <> 'erase' and ${tenant} = $1`;
  if (documentId === undefined) return [ofTenant, [tenantId]];
  return [`${ofTenant} and ${document} = $2`, [tenantId, documentId]];
}
