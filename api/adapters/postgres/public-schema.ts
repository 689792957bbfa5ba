import pg from "pg";
import { StartError } from "../../core/errors.ts";
import { checkTies } from "./check-ties.ts";
import { sqlState } from "./errors.ts";
import { handOver } from "./hand-over.ts";
import { migrateSchema } from "./migrate.ts";
import { prepareRoles, type Roles } from "./roles.ts";
import type { JobTables } from "./job-outbox.ts";
import { prepareTrigrams, type Trigrams } from "./trigrams.ts";

/**
 * Roles, extensions, the public schema and the job queue's, under a lock: several processes may start at once. The rights are granted at each
 * start, so that one that was killed before it had granted them is made good by the next.
 * @throws StartError when the server can't be used, or holds rows that stand in the way of a migration.
 */
export async function preparePublic(
  url: string,
  jobs: Pick<JobTables, "schema" | "prepare">,
): Promise<{ readonly roles: Roles; readonly trigrams: Trigrams }> {
  const client = await connectFirst(url);
  try {
    await client.query("select pg_advisory_lock(hashtext('miptech public schema'))");
    const roles = await prepareRoles(client);
    const trigrams = await prepareTrigrams(client);
    for (const schema of ["public", jobs.schema]) await handOver(client, roles, schema);
    await checkTies(client, roles);
    await migrateSchema(url, roles.owner, "public");
    await grantPublic(client, roles);
    await prepareJobTables(client, roles, jobs);
    return { roles, trigrams };
  } finally {
    await client.end();
  }
}

/** The job queue's schema is made by who owns the others; the login works with its tables, and nobody else does. */
async function prepareJobTables(
  client: pg.Client,
  { owner, login }: Roles,
  jobs: Pick<JobTables, "prepare">,
): Promise<void> {
  if (owner) await client.query(`set role ${pg.escapeIdentifier(owner)}`);
  await jobs.prepare((text, values) => client.query(text, values), owner && login);
  await client.query("reset role");
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

/** Nobody changes or deletes what stands in these. Earlier releases have granted more. */
const appendOnly = ["audit_log"];

/** What the login may do with the tables of public: read and write, not change them. */
async function grantPublic(client: pg.Client, { owner, login }: Roles): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tableowner = $1",
    [owner ?? login],
  );
  const open = rows.filter(({ name }) => !appendOnly.includes(name)).map(quote);
  const closed = rows.filter(({ name }) => appendOnly.includes(name)).map(quote);
  const to = pg.escapeIdentifier(login);
  const statements = [
    `set local role ${pg.escapeIdentifier(owner ?? login)}`,
    ...open.map((table) => `grant select, insert, update, delete on ${table} to ${to}`),
    ...closed.map((table) => `revoke all on ${table} from ${to}`),
    ...closed.map((table) => `grant select, insert on ${table} to ${to}`),
  ];
  await client.query(`begin; ${statements.join("; ")}; commit`);
}

function quote({ name }: { readonly name: string }): string {
  return `public.${pg.escapeIdentifier(name)}`;
}
