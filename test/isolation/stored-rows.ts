import pg from "pg";
import { tenantSchema } from "../../api/core/tenant.ts";
import type { Findings } from "./findings.ts";
import type { Target } from "./scene.ts";
import type { TenantRows } from "./tenant-rows.ts";

const tables = ["chats", "chat_messages", "documents", "passages", "analytics"] as const;

/** Lets each new row of the tenant remember the role that wrote it. As superuser, in a schema without rows. */
export async function recordWriters(admin: pg.Client, { tenant }: TenantRows): Promise<void> {
  for (const table of tables)
    await admin.query(
      `alter table ${tenantSchema(tenant.id)}.${table} add column written_by name default current_user`,
    );
}

/**
 * Compares what stands in the tenant's schema with what it must hold, read as superuser.
 * @returns how many rows there are.
 */
export async function compareStored(
  admin: pg.Client,
  target: Pick<Target, "roleOf">,
  rows: TenantRows,
  findings: Findings,
): Promise<number> {
  const { id } = rows.tenant;
  const schema = tenantSchema(id);
  const stored = await readStored(admin, schema);
  for (const [what, held] of Object.entries(listHeld(rows)))
    findings.compare(id, `stored ${what}`, stored[what as keyof typeof stored], held);
  const writers = await readWriters(admin, schema);
  const stray = writers.filter((writer) => writer !== target.roleOf(id));
  if (stray.length > 0) findings.fail(`${id} has rows written by ${stray.join(", ")}`);
  return Object.values(stored).flat().length;
}

/** Tenants' tables are nowhere but in tenants' schemas: what forgets its schema must find none. */
export async function compareSchemas(
  admin: pg.Client,
  tenants: readonly TenantRows[],
  findings: Findings,
): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    "select distinct schemaname::text as name from pg_tables where tablename = any ($1)",
    [tables],
  );
  const known = new Set(tenants.map(({ tenant }) => tenantSchema(tenant.id)));
  for (const { name } of rows)
    if (!known.has(name)) findings.fail(`the schema ${name} holds tables of tenants`);
}

async function readStored(admin: pg.Client, schema: string) {
  const read = async (sql: string) => {
    const { rows } = await admin.query<{ row: unknown }>(
      `select to_jsonb(r) as row from (${sql}) r`,
    );
    return rows.map(({ row }) => row);
  };
  return {
    chats: await read(
      `select id, title, context, owner_id from ${schema}.chats order by id collate "C"`,
    ),
    messages: await read(
      `select id, chat_id, role, content, state, attempt, reply_to from ${schema}.chat_messages
       order by chat_id collate "C", seq`,
    ),
    documents: await read(
      `select id, source, title, content from ${schema}.documents order by source collate "C"`,
    ),
    passages: await read(
      `select d.source, p.title, p.content from ${schema}.passages p
       join ${schema}.documents d on d.id = p.document_id order by d.source collate "C"`,
    ),
    endings: await read(`select message_id as id from ${schema}.analytics a order by a.id`),
    quota: await read(`select coalesce(sum(messages), 0)::int as turns from ${schema}.usage_days`),
  };
}

/** The same of what must be there. */
function listHeld({ chats, documents, endings, turns }: TenantRows) {
  const held = [...chats.values()].toSorted((a, b) => order(a.chat.id, b.chat.id));
  const inOrder = [...documents.values()].toSorted((a, b) => order(a.source, b.source));
  return {
    chats: held.map(({ chat: { id, title, context, ownerId } }) => ({
      id,
      title,
      context,
      owner_id: ownerId,
    })),
    messages: held
      .flatMap(({ messages }) => messages)
      .map(({ chatId, replyTo, ...rest }) => ({ ...rest, chat_id: chatId, reply_to: replyTo })),
    documents: inOrder.map(({ id, source, title, text }) => ({ id, source, title, content: text })),
    passages: inOrder.map(({ source, title, text }) => ({ source, title, content: text })),
    endings: endings.map((id) => ({ id })),
    quota: [{ turns }],
  };
}

async function readWriters(admin: pg.Client, schema: string): Promise<string[]> {
  const each = tables.map((table) => `select written_by from ${schema}.${table}`);
  const { rows } = await admin.query<{ written_by: string }>(each.join(" union "));
  return rows.map(({ written_by }) => written_by);
}

function order(a: string, b: string): number {
  return a < b ? -1 : 1;
}
