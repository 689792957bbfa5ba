import type { MikroORM } from "@mikro-orm/core";
import type { EntityManager, PostgreSqlDriver } from "@mikro-orm/postgresql";
import { tenantSchema, type Tenant } from "../../core/tenant.ts";
import { runAtOnce, type RawRow } from "./at-once.ts";
import { isSchemaMissing, translateError } from "./errors.ts";
import { historyTable, tenantHead } from "./migrate.ts";
import type { Roles } from "./roles.ts";
import { hasRightsSql } from "./tenant-grants.ts";
import { createTenantSchemas } from "./tenant-schemas.ts";

/**
 * The one way to a tenant's rows: runs `work` in a transaction under the tenant's role, with an
 * entity manager forked for the tenant's schema. The schema is made and migrated at its first use,
 * and again should somebody have dropped it or taken the role's rights.
 * @throws AppError SERVICE_UNAVAILABLE when the database is away, and when `work` leaves it waiting for
 *   two seconds; what `work` throws.
 */
export interface TenantWork {
  <Result>(tenant: Tenant, work: (em: EntityManager) => Promise<Result>): Promise<Result>;
  /** The same for statements that are known beforehand, in one round trip; returns and throws as `runAtOnce`. */
  atOnce(tenant: Tenant, statements: readonly string[]): Promise<RawRow[][] | undefined>;
}

/**
 * Of each transaction, in milliseconds. A process that is frozen in the middle of one must not hold its
 * locks for ever, and a statement ends in the database before our driver stops waiting for it.
 */
export const timeLimits = { idle_in_transaction_session_timeout: 2000, statement_timeout: 25_000 };

export function createTenantWork(
  orm: MikroORM<PostgreSqlDriver>,
  url: string,
  roles: Roles,
): TenantWork {
  function transact<Result>(
    tenant: Tenant,
    work: (em: EntityManager) => Promise<Result>,
  ): Promise<Result> {
    const em = orm.em.fork({ schema: tenantSchema(tenant.id) });
    em.setSessionContext({ variables: variablesOf(tenant) });
    return em.transactional(work);
  }

  /** The role stands among the variables, so that all of them cost one round trip. */
  function variablesOf(tenant: Tenant) {
    const role = roles.tenantRole(tenant.id);
    return { ...(role ? { role } : {}), ...timeLimits };
  }

  /** The history alone doesn't tell: earlier releases granted after they had migrated, and may have died between. */
  async function isCurrent(tenant: Tenant): Promise<boolean> {
    const atHead = `select 1 from ${quotedSchema(tenant)}."${historyTable}" where name = ?`;
    const owner = roles.owner ?? roles.login;
    const [sql, values] = roles.tenantRole(tenant.id)
      ? [`${atHead} and ${hasRightsSql}`, [tenantHead, tenantSchema(tenant.id), owner]]
      : [atHead, [tenantHead]];
    try {
      const rows = await transact(tenant, (em) => em.execute(sql, values));
      return rows.length > 0;
    } catch (error) {
      if (isSchemaMissing(error)) return false;
      throw error;
    }
  }

  const schemas = createTenantSchemas(url, roles, isCurrent);

  async function run<Result>(
    tenant: Tenant,
    work: (em: EntityManager) => Promise<Result>,
  ): Promise<Result> {
    try {
      const seen = schemas.ensure(tenant);
      await seen;
      try {
        return await transact(tenant, work);
      } catch (error) {
        if (!isSchemaMissing(error)) throw error;
        schemas.forget(tenant, seen);
        await schemas.ensure(tenant);
        return await transact(tenant, work);
      }
    } catch (error) {
      throw translateError(error);
    }
  }

  async function atOnce(tenant: Tenant, statements: readonly string[]) {
    try {
      await schemas.ensure(tenant);
    } catch (error) {
      throw translateError(error);
    }
    return runAtOnce(orm, variablesOf(tenant), statements);
  }

  return Object.assign(run, { atOnce });
}

/** The tenant's schema, quoted, for the few statements that are written by hand. */
export function quotedSchema(tenant: Tenant): string {
  return `"${tenantSchema(tenant.id)}"`;
}
