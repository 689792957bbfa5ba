import pg from "pg";
import { AppError } from "../../core/errors.ts";
import { tenantSchema, type Tenant } from "../../core/tenant.ts";
import { handOver } from "./hand-over.ts";
import { migrateSchema } from "./migrate.ts";
import type { Roles } from "./roles.ts";
import { grantToTenant } from "./tenant-grants.ts";

/** Makes and migrates the schema of a tenant, once for however many ask. */
export interface TenantSchemas {
  /** Resolves when the schema is at the head, with all rights; at once where this process has seen that. */
  ensure(tenant: Tenant): Promise<void>;
  /**
   * Forgets what was seen, since the schema or the rights turned out to be missing: the next `ensure` looks anew.
   * @param seen what `ensure` had returned; of many who found the same, only the first has it forgotten.
   */
  forget(tenant: Tenant, seen: Promise<void>): void;
}

/**
 * @param isCurrent asks the database, with the tenant's own role, whether the schema is at the head and the role has
 *   all rights. It must not call `ensure`.
 */
export function createTenantSchemas(
  url: string,
  roles: Roles,
  isCurrent: (tenant: Tenant) => Promise<boolean>,
): TenantSchemas {
  const ready = new Map<string, Promise<void>>();
  const forget = ({ id }: Tenant, seen: Promise<void>) => {
    if (ready.get(id) === seen) ready.delete(id);
  };

  async function prepare(tenant: Tenant): Promise<void> {
    if (await isCurrent(tenant)) return;
    await provision(url, roles, tenant);
  }

  return {
    ensure(tenant) {
      let preparing = ready.get(tenant.id);
      if (!preparing) {
        preparing = prepare(tenant);
        ready.set(tenant.id, preparing);
        // A failure is told to all who waited; the next one tries again.
        const failed = preparing;
        failed.catch(() => forget(tenant, failed));
      }
      return preparing;
    },
    forget,
  };
}

/**
 * The work itself, under a lock across processes. On connections of its own: those who wait for it may
 * hold the whole pool.
 */
async function provision(url: string, roles: Roles, tenant: Tenant): Promise<void> {
  const schema = tenantSchema(tenant.id);
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A broken connection rejects the query under way; without a listener it would end the process too.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("set lock_timeout = '30s'");
    await client.query("select pg_advisory_lock(hashtext($1), hashtext($2))", [
      "miptech tenant schema",
      schema,
    ]);
    await refuseErased(client, tenant.id);
    await handOver(client, roles, schema);
    await makeSchema(client, roles, schema);
    // The rights come first: who dies from here on leaves no table behind that the tenant may not use.
    const role = roles.tenantRole(tenant.id);
    if (role) await grantToTenant(client, roles, schema, role);
    await migrateSchema(url, roles.owner, schema);
  } finally {
    await client.end();
  }
}

/**
 * Whoever still works for a tenant that was deleted must not make its schema again. @throws AppError TENANT_NOT_FOUND
 */
async function refuseErased(client: pg.Client, tenantId: string): Promise<void> {
  const { rows } = await client.query(
    `select where exists (select from public.tenants where id = $1 and status = 'erasing')
       or (exists (select from public.erasures where tenant_id = $1 and kind = 'tenant')
         and not exists (select from public.tenants where id = $1))`,
    [tenantId],
  );
  if (rows.length > 0) throw new AppError("TENANT_NOT_FOUND", "Tenant not found");
}

/** Also takes over an empty schema that somebody made by hand. */
async function makeSchema(
  client: pg.Client,
  { owner, login }: Roles,
  schema: string,
): Promise<void> {
  const quoted = pg.escapeIdentifier(schema);
  const { rows } = await client.query<{ owner: string }>(
    "select nspowner::regrole::name as owner from pg_namespace where nspname = $1",
    [schema],
  );
  const wanted = owner ?? login;
  const [found] = rows;
  if (!found)
    await client.query(`create schema ${quoted} authorization ${pg.escapeIdentifier(wanted)}`);
  else if (found.owner !== wanted)
    await client.query(`alter schema ${quoted} owner to ${pg.escapeIdentifier(wanted)}`);
}
