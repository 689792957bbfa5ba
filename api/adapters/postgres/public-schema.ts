import pg from "pg";
import { StartError } from "../../core/errors.ts";
import { sqlState } from "./errors.ts";
import { migrateSchema } from "./migrate.ts";
import { prepareRoles, type Roles } from "./roles.ts";

/** Roles and the public schema, under a lock: several processes may start at once. */
export async function preparePublic(url: string): Promise<Roles> {
  const client = await connectFirst(url);
  try {
    await client.query("select pg_advisory_lock(hashtext('miptech public schema'))");
    const roles = await prepareRoles(client);
    await migrateSchema(url, roles.owner, "public");
    if (roles.owner) await grantPublic(client, roles.owner, roles.login);
    return roles;
  } finally {
    await client.end();
  }
}

/** @throws StartError that names the server, and never the password. */
async function connectFirst(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A connection that is lost while it idles is noticed at its next query.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("set lock_timeout = '60s'");
    return client;
  } catch (error) {
    const { host, pathname } = new URL(url);
    const reason = sqlState(error) ?? (error instanceof Error ? error.message : String(error));
    throw new StartError(`PostgreSQL at ${host}${pathname} can't be used: ${reason}`, {
      cause: error,
    });
  }
}

/** What the login may do with the tables of public: read and write, not change them. */
async function grantPublic(client: pg.Client, owner: string, login: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tableowner = $1",
    [owner],
  );
  if (rows.length === 0) return;
  const tables = rows.map(({ name }) => `public.${pg.escapeIdentifier(name)}`).join(", ");
  await client.query("begin");
  await client.query(`set local role ${pg.escapeIdentifier(owner)}`);
  await client.query(
    `grant select, insert, update, delete on ${tables} to ${pg.escapeIdentifier(login)}`,
  );
  await client.query("commit");
}
