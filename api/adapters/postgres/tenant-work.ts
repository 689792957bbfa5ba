import type { MikroORM } from "@mikro-orm/core";
import type { EntityManager, PostgreSqlDriver } from "@mikro-orm/postgresql";
import { tenantSchema, type Tenant } from "../../core/tenant.ts";
import { isSchemaMissing, translateError } from "./errors.ts";
import { historyTable, tenantHead } from "./migrate.ts";
import type { Roles } from "./roles.ts";
import { createTenantSchemas } from "./tenant-schemas.ts";

/**
 * The one way to a tenant's rows: runs `work` in a transaction under the tenant's role, with an
 * entity manager forked for the tenant's schema. The schema is made and migrated at its first use,
 * and again should somebody have dropped it.
 * @throws AppError SERVICE_UNAVAILABLE when the database is away, and when `work` leaves it waiting for
 *   two seconds; what `work` throws.
 */
export type TenantWork = <Result>(
  tenant: Tenant,
  work: (em: EntityManager) => Promise<Result>,
) => Promise<Result>;

/**
 * Of each transaction, in milliseconds. A process that is frozen in the middle of one must not hold its
 * locks for ever, and a statement ends in the database before our driver stops waiting for it.
 */
const timeLimits = { idle_in_transaction_session_timeout: 2000, statement_timeout: 25_000 };

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
    const role = roles.tenantRole(tenant.id);
    // The role stands among the variables, so that all of them cost one round trip.
    em.setSessionContext({ variables: { ...(role ? { role } : {}), ...timeLimits } });
    return em.transactional(work);
  }

  async function isCurrent(tenant: Tenant): Promise<boolean> {
    const history = `"${tenantSchema(tenant.id)}"."${historyTable}"`;
    try {
      const rows = await transact(tenant, (em) =>
        em.execute(`select 1 from ${history} where name = ?`, [tenantHead]),
      );
      return rows.length > 0;
    } catch (error) {
      if (isSchemaMissing(error)) return false;
      throw error;
    }
  }

  const schemas = createTenantSchemas(url, roles, isCurrent);

  return async (tenant, work) => {
    try {
      await schemas.ensure(tenant);
      try {
        return await transact(tenant, work);
      } catch (error) {
        if (!isSchemaMissing(error)) throw error;
        schemas.forget(tenant);
        await schemas.ensure(tenant);
        return await transact(tenant, work);
      }
    } catch (error) {
      throw translateError(error);
    }
  };
}

/** The tenant's schema, quoted, for the few statements that are written by hand. */
export function quotedSchema(tenant: Tenant): string {
  return `"${tenantSchema(tenant.id)}"`;
}
