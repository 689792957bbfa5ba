import pg from "pg";
import type { Counts, Erasure } from "../../core/erasure/erasure.ts";
import { tenantSchema } from "../../core/tenant.ts";
import { translateError } from "./errors.ts";
import { historyTable } from "./migrate.ts";
import { handOver } from "./hand-over.ts";
import type { Roles } from "./roles.ts";

export interface DropDeps {
  readonly url: string;
  readonly roles: Roles;
}

/**
 * Drops a tenant's schema and role, in one step with what the receipt says of them. On a connection of its own, since it
 * waits for all who are at work there. Nothing happens where they are gone.
 * @throws AppError SERVICE_UNAVAILABLE when others don't let go
 */
export async function dropTenant({ url, roles }: DropDeps, erasure: Erasure): Promise<void> {
  const schema = tenantSchema(erasure.tenantId);
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A broken connection rejects the query under way; without a listener it would end the process too.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("set lock_timeout = '20s'");
    // The same lock as who makes the schema: they look at the tenant's status only under it.
    await client.query("select pg_advisory_lock(hashtext($1), hashtext($2))", [
      "miptech tenant schema",
      schema,
    ]);
    await handOver(client, roles, schema);
    await client.query("begin");
    const { rows: shut } = await client.query(
      "select from public.tenants where id = $1 and status = 'erasing' for share",
      [erasure.tenantId],
    );
    if (shut.length > 0) {
      await dropSchema(client, roles, schema, erasure);
      const role = roles.tenantRole(erasure.tenantId);
      if (role) await dropRole(client, role);
    }
    await client.query("commit");
  } catch (error) {
    throw translateError(error);
  } finally {
    await client.end().catch((error: unknown) => error);
  }
}

async function dropSchema(
  client: pg.Client,
  { owner, login }: Roles,
  schema: string,
  erasure: Erasure,
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = $1 and tablename <> $2 order by tablename",
    [schema, historyTable],
  );
  const { rows: found } = await client.query("select from pg_namespace where nspname = $1", [
    schema,
  ]);
  if (found.length === 0) return;
  const quoted = pg.escapeIdentifier(schema);
  await client.query(`set local role ${pg.escapeIdentifier(owner ?? login)}`);
  const tables = rows.map(({ name }) => `${quoted}.${pg.escapeIdentifier(name)}`);
  // Whoever is at work there ends first; what they have stored is counted, and dropped.
  if (tables.length > 0)
    await client.query(`lock table ${tables.join(", ")} in access exclusive mode`);
  const counts: Record<string, number> = {};
  for (const [n, table] of tables.entries())
    counts[rows[n]?.name ?? ""] = await count(client, table);
  const trail = await readTrail(client, quoted, counts, erasure.tenantId);
  await client.query(`drop schema ${quoted} cascade`);
  await client.query("set local role none");
  await client.query(
    `update public.erasures set counts = counts || $2::jsonb, trail = trail || $3::jsonb where id = $1`,
    [erasure.id, JSON.stringify(withoutEmpty(counts)), JSON.stringify(trail)],
  );
}

async function count(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from ${table}`,
  );
  return rows[0]?.count ?? 0;
}

/** The answers that may stand in streams, which are told to stop; and whether a document is being taken in. */
async function readTrail(
  client: pg.Client,
  schema: string,
  tables: Counts,
  tenantId: string,
): Promise<Erasure["trail"]> {
  if (tables["chat_messages"] === undefined) return {};
  const { rows } = await client.query<{ id: string; chatId: string; isOpen: boolean }>(
    `select id, chat_id as "chatId", ended_at is null as "isOpen" from ${schema}.chat_messages
     where role = 'assistant' and (ended_at is null or ended_at > now() - interval '15 minutes')`,
  );
  const open = new Set(rows.filter(({ isOpen }) => isOpen).map(({ chatId }) => chatId));
  for (const chatId of open)
    await client.query("select pg_notify('turn_stop', $1)", [JSON.stringify({ tenantId, chatId })]);
  const embedded = `${schema}.document_versions where vectors is not null`;
  const hasVectors =
    tables["document_versions"] !== undefined && (await count(client, embedded)) > 0;
  const isOpen = "state not in ('complete', 'failed')";
  const isLate = hasVectors && (await count(client, `${embedded} and ${isOpen}`)) > 0;
  return {
    answers: rows.map(({ id }) => id),
    ...(hasVectors ? { hasVectors } : {}),
    ...(isLate ? { isLate } : {}),
  };
}

async function dropRole(client: pg.Client, role: string): Promise<void> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [role]);
  if (!rowCount) return;
  const quoted = pg.escapeIdentifier(role);
  // Its rights in public, where somebody has shut that and each role was let in by name.
  await client.query(`set local role ${quoted}`);
  await client.query(`drop owned by ${quoted}`);
  await client.query("set local role none");
  await client.query(`drop role ${quoted}`);
}

function withoutEmpty(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([, number]) => number > 0));
}
