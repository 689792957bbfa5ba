import pg from "pg";
import { tenantSchema, type Tenant } from "../../core/tenant.ts";
import { migrateSchema } from "./migrate.ts";
import { ensureRole, type Roles } from "./roles.ts";

/** Makes and migrates the schema of a tenant, once for however many ask. */
export interface TenantSchemas {
  /** Resolves when the schema is at the head; at once where this process has seen that. */
  ensure(tenant: Tenant): Promise<void>;
  /** Forgets what was seen, since the schema turned out to be missing. */
  forget(tenant: Tenant): void;
}

/**
 * @param isCurrent asks, with the tenant's own role, whether the schema is at the head. It must not
 *   call `ensure`.
 */
export function createTenantSchemas(
  url: string,
  roles: Roles,
  isCurrent: (tenant: Tenant) => Promise<boolean>,
): TenantSchemas {
  const ready = new Map<string, Promise<void>>();

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
        failed.catch(() => ready.get(tenant.id) === failed && ready.delete(tenant.id));
      }
      return preparing;
    },
    forget: (tenant) => void ready.delete(tenant.id),
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
    await makeSchema(client, roles, schema);
    await migrateSchema(url, roles.owner, schema);
    const role = roles.tenantRole(tenant.id);
    if (role) await grantToTenant(client, roles, schema, role);
  } finally {
    await client.end();
  }
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

async function grantToTenant(
  client: pg.Client,
  roles: Roles,
  schema: string,
  role: string,
): Promise<void> {
  await ensureRole(client, roles, role);
  await letIntoPublic(client, role);
  const [quotedSchema, quotedRole] = [pg.escapeIdentifier(schema), pg.escapeIdentifier(role)];
  await client.query("begin");
  await client.query(`set local role ${pg.escapeIdentifier(roles.owner ?? roles.login)}`);
  // The login sees that the schema is there, as a person with psql expects, and may read none of its tables.
  await client.query(
    `grant usage on schema ${quotedSchema} to ${quotedRole}, ${pg.escapeIdentifier(roles.login)}`,
  );
  await client.query(
    `grant select, insert, update, delete on all tables in schema ${quotedSchema} to ${quotedRole}`,
  );
  await client.query(
    `grant usage, select on all sequences in schema ${quotedSchema} to ${quotedRole}`,
  );
  await client.query("commit");
}

/**
 * Tenant work asks public.holds_lease. Everybody may enter public, unless somebody has forbidden it; then
 * each role is let in by name, one at a time, since all the grants are kept in one row.
 */
async function letIntoPublic(client: pg.Client, role: string): Promise<void> {
  const { rows } = await client.query<{ may: boolean }>(
    "select has_schema_privilege($1, 'public', 'usage') as may",
    [role],
  );
  if (rows[0]?.may) return;
  await client.query("begin");
  await client.query("select pg_advisory_xact_lock(hashtext('miptech public grants'))");
  await client.query(`grant usage on schema public to ${pg.escapeIdentifier(role)}`);
  await client.query("commit");
}
