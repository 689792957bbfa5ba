import { createHash } from "node:crypto";
import pg from "pg";
import { StartError } from "../../core/errors.ts";
import { tenantSchema } from "../../core/tenant.ts";

/**
 * Who may touch what in the database: the second fence behind the tenant schemas. Our login owns
 * nothing that it reads and may read no tenant's tables; each piece of tenant work takes on that
 * tenant's role for one transaction, and migrations take on the owner's.
 */
export interface Roles {
  readonly login: string;
  readonly database: string;
  /** Owns all schemas and tables; undefined where roles can't be made, and the login does. */
  readonly owner: string | undefined;
  /** The role of a tenant's work; undefined where there are none. */
  tenantRole(tenantId: string): string | undefined;
  /** What the start has to say about a fence that is lower than it should be. */
  readonly warning: string | undefined;
}

const oldestVersion = 160_000;

/**
 * Makes the owner's role where it is missing and lets the login take it on, without inheriting it.
 * @throws StartError when the server is older than PostgreSQL 16, which first knows such grants.
 */
export async function prepareRoles(client: pg.Client): Promise<Roles> {
  const facts = await readFacts(client);
  if (facts.version < oldestVersion) {
    throw new StartError(`PostgreSQL 16 or newer is needed; this server is ${facts.versionName}`);
  }
  const name = (suffix: string) => roleName(facts.database, suffix);
  try {
    await makeOwner(client, facts, name("owner"));
  } catch (error) {
    if (!isPermissionDenied(error)) throw error;
    const warning =
      `Tenant roles are off: the login ${facts.login} may not create roles or grant on ${facts.database}; ` +
      `ALTER ROLE ${pg.escapeIdentifier(facts.login)} CREATEROLE and make it the database's owner to switch them on`;
    return { ...facts, owner: undefined, tenantRole: () => undefined, warning };
  }
  return {
    ...facts,
    owner: name("owner"),
    tenantRole: (tenantId) => name(tenantSchema(tenantId)),
    warning: facts.isSuperuser
      ? `The login ${facts.login} is a superuser, which passes every fence outside tenant work`
      : undefined,
  };
}

/** Makes a role that can't log in and that our login can take on. Safe to repeat. */
export async function ensureRole(
  client: pg.Client,
  roles: Pick<Roles, "login">,
  role: string,
): Promise<void> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [role]);
  const quoted = pg.escapeIdentifier(role);
  if (!rowCount) await client.query(`create role ${quoted} nologin`);
  const { rows } = await client.query(
    `select from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles l on l.oid = m.member
     where r.rolname = $1 and l.rolname = $2 and m.set_option and not m.inherit_option`,
    [role, roles.login],
  );
  if (rows.length > 0) return;
  await client.query(
    `grant ${quoted} to ${pg.escapeIdentifier(roles.login)} with inherit false, set true`,
  );
}

/** Roles belong to a whole server, so their names begin with the database's. At most 63 bytes. */
export function roleName(database: string, suffix: string): string {
  const name = `${database}/${suffix}`;
  if (Buffer.byteLength(name) <= 63) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return `${Buffer.from(database).subarray(0, 40).toString().replaceAll("\uFFFD", "")}/${hash}`;
}

async function readFacts(client: pg.Client) {
  const { rows } = await client.query<{
    version: number;
    versionName: string;
    database: string;
    login: string;
    isSuperuser: boolean;
  }>(`
    select current_setting('server_version_num')::int as version, current_setting('server_version') as "versionName",
           current_database() as database, current_user as login, rolsuper as "isSuperuser"
    from pg_roles where rolname = current_user`);
  const [facts] = rows;
  if (!facts) throw new Error("The database does not know its own user");
  return facts;
}

async function makeOwner(
  client: pg.Client,
  { login, database }: { login: string; database: string },
  owner: string,
) {
  await ensureRole(client, { login }, owner);
  const quoted = pg.escapeIdentifier(owner);
  await client.query(`grant create on database ${pg.escapeIdentifier(database)} to ${quoted}`);
  await client.query(`grant usage, create on schema public to ${quoted}`);
}

function isPermissionDenied(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === "42501";
}
