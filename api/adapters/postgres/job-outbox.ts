import type { EntityManager } from "@mikro-orm/postgresql";
import type { NewJob } from "../../core/jobs/job-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { query } from "./raw-query.ts";
import type { Roles } from "./roles.ts";

/** Runs SQL that is written with $1, $2 …; several statements at once where there are no values. */
export type ExecuteSql = (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;

/** The job queue, as far as the database's other parts have to do with it. */
export interface JobTables {
  /** The schema that they are in. */
  readonly schema: string;
  /** Makes its tables, as who is to own them. @param login who works with them; undefined: the owner itself does. */
  prepare(execute: ExecuteSql, login: string | undefined): Promise<void>;
  /** Sends jobs within the transaction that `execute` runs in. */
  send(execute: ExecuteSql, jobs: readonly NewJob[]): Promise<void>;
}

/** Sends jobs in the transaction of a tenant's work: they are there if and when it is committed. */
export type SendJobs = (
  em: EntityManager,
  tenant: Tenant,
  jobs: readonly NewJob[],
) => Promise<void>;

/** The tenant's role knows nothing of the queue: for the sending alone the transaction goes on as the login. */
export function createOutbox(roles: Roles, tables: Pick<JobTables, "send">): SendJobs {
  return async (em, tenant, jobs) => {
    if (jobs.length === 0) return;
    const role = roles.tenantRole(tenant.id);
    if (role) await em.execute("set local role none");
    await tables.send(async (text, values) => ({ rows: await query(em, text, values) }), jobs);
    if (role) await em.execute("select set_config('role', ?, true)", [role]);
  };
}
