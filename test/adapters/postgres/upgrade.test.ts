import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { tenantHead } from "../../../api/adapters/postgres/migrate.ts";
import { openPostgres, type Postgres } from "../../../api/adapters/postgres/open.ts";
import {
  completed,
  hourMs,
  makeChat,
  makeFinish,
  makeFirstTurn,
  makeTurn,
} from "../../contracts/store-fixtures.ts";
import { backTo004, tablesOf004, tenantRole } from "../../support/old-tenant.ts";
import type { Message } from "../../../api/core/message.ts";
import { postgresOptions } from "../../support/open-postgres.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { makeTenant } from "../../support/tenant.ts";

const tenant = makeTenant("demo");
const schema = "tenant_demo";
let database: TestDatabase;
let name: string;
let admin: Client;
let postgres: Postgres | undefined;

beforeEach(async () => {
  database = await createTestDatabase(inject("postgres"));
  name = new URL(database.url).pathname.slice(1);
  admin = new Client({ connectionString: database.adminUrl });
  // The last test's database is dropped with its connections.
  admin.on("error", () => undefined);
  await admin.connect();
});

afterEach(async () => {
  await postgres?.close();
  postgres = undefined;
  await admin?.end();
  await database?.drop();
});

async function open(): Promise<Postgres> {
  await postgres?.close();
  postgres = await openPostgres(postgresOptions(database.url, { isShared: true }));
  await postgres.leases.register("process-1", hourMs);
  return postgres;
}

/** A chat with a finished turn, one that streams, and one that waits. */
async function fill({ turns }: Postgres) {
  const chat = makeChat({ title: "Before", ownerId: "visitor_1" });
  const first = makeFirstTurn({}, chat);
  const [running, waiting] = [makeTurn(chat.id), makeTurn(chat.id)];
  for (const turn of [first, running, waiting]) await turns.saveTurn(tenant, turn);
  await turns.startAttempt(tenant, first.answerId, 1);
  await turns.finishTurn(tenant, first.answerId, 1, makeFinish("First answer"));
  await turns.startAttempt(tenant, running.answerId, 1);
  await turns.checkpoint(tenant, running.answerId, 1, "Half of");
  return { chat, first, running, waiting };
}

async function readAll({ chats, turns, usage }: Postgres, chatId: string) {
  return {
    chat: await chats.findChat(tenant, chatId),
    messages: (await chats.listMessages(tenant, chatId, { limit: 100 })).items.map(
      withoutCitations,
    ),
    unfinished: await turns.listUnfinished(tenant),
    usage: await usage.readUsage(tenant, "2026-01-01", "2099-12-31"),
  };
}

/** Earlier releases had none. */
function withoutCitations(message: Message): Message {
  const { ending } = message;
  if (ending?.type !== "complete") return message;
  return { ...message, ending: { ...ending, citations: [] } };
}

/** One turn from its question to its ending, with what is held of the budget for it. */
async function runTurn({ turns, budgets }: Postgres): Promise<void> {
  const turn = makeFirstTurn();
  await turns.saveTurn(tenant, turn);
  expect(await turns.startAttempt(tenant, turn.answerId, 1)).toBe("started");
  const capped = makeTenant("demo", { budget: { per_day: 100 } });
  const hold = { messageId: turn.answerId, attempt: 1, day: "2030-06-01", amount: 0.5 };
  expect(await budgets.reserve(capped, hold)).toBe("held");
  expect(await turns.finishTurn(tenant, turn.answerId, 1, makeFinish("Text"))).toBe(true);
}

/** What the tenant's role may not do with the tables that are there. */
async function listMissing(): Promise<string[]> {
  const { rows } = await admin.query<{ missing: string }>(
    `select c.relname || ' ' || r as missing
     from pg_class c, unnest(array['select', 'insert', 'update', 'delete']) r
     where c.relnamespace = $1::regnamespace and c.relkind = 'r' and not has_table_privilege($2, c.oid, r)`,
    [schema, tenantRole(name, schema)],
  );
  return rows.map(({ missing }) => missing);
}

test("a tenant of the release before budgets works on, with all that it had and the turns under way", async () => {
  const early = await open();
  const { chat, running, waiting } = await fill(early);
  const before = await readAll(early, chat.id);
  await admin.query(backTo004(name, schema));

  const upgraded = await open();
  expect(await readAll(upgraded, chat.id)).toEqual(before);
  expect(before.messages.map(({ content }) => content)).toContain("First answer");
  expect(before.unfinished).toHaveLength(2);
  expect(await listMissing()).toEqual([]);
  const { turns, chats } = upgraded;
  expect(await turns.finishTurn(tenant, running.answerId, 1, makeFinish("Half of it"))).toBe(true);
  expect(await chats.findMessage(tenant, running.answerId)).toMatchObject({
    content: "Half of it",
    ending: completed,
  });
  expect(await turns.takeOver(tenant, waiting.answerId, 1, "process-1")).toBe(true);
  expect(await turns.startAttempt(tenant, waiting.answerId, 2)).toBe("started");
  expect(await turns.finishTurn(tenant, waiting.answerId, 2, makeFinish("Last"))).toBe(true);
  await runTurn(upgraded);
});

test(
  "a process that is killed when the last migration has just been stored leaves a tenant that works",
  { timeout: 120_000 },
  async () => {
    const { chat } = await fill(await open());
    await admin.query(`
      create function public.tell() returns trigger language plpgsql security definer as $$
      begin perform pg_notify('migrated', new.name); return null; end $$;
      create trigger tell after insert on ${schema}.migrations for each row execute function public.tell();
      listen migrated`);
    for (let round = 0; round < 5; round += 1) {
      await admin.query(backTo004(name, schema));
      await killAtHead();
      expect(await listMissing()).toEqual([]);
      await runTurn(await open());
      const { messages } = await readAll(await open(), chat.id);
      expect(messages).toHaveLength(6);
    }
  },
);

/** Starts a process that upgrades the tenant, and kills it as soon as the history shows the last migration. */
async function killAtHead(): Promise<void> {
  const program = join(import.meta.dirname, "upgrading-process.ts");
  const atHead = Promise.withResolvers<void>();
  const child = fork(program, [database.url], { execArgv: [] });
  const onNotification = ({ payload }: { payload?: string | undefined }) => {
    if (payload !== tenantHead) return;
    child.kill("SIGKILL");
    atHead.resolve();
  };
  admin.on("notification", onNotification);
  try {
    const exited = once(child, "exit");
    await Promise.race([atHead.promise, exited.then(() => atHead.reject(new Error("It ended")))]);
    await atHead.promise;
    expect(await exited).toEqual([null, "SIGKILL"]);
  } finally {
    admin.off("notification", onNotification);
    child.kill("SIGKILL");
  }
}

const allTables = `all tables in schema ${schema}`;

test.each([
  ["the newest tables", `${schema}.budget_days, ${schema}.budget_holds`, "all"],
  ["writing one table", `${schema}.budget_holds`, "insert"],
  ["everything", allTables, "all"],
  ["the history", `${schema}.migrations`, "all"],
])(
  "a tenant whose role an earlier build has left without rights on %s heals at the next start",
  async (_what, tables, rights) => {
    await runTurn(await open());
    await admin.query(`revoke ${rights} on ${tables} from "${tenantRole(name, schema)}"`);
    expect(await listMissing()).not.toEqual([]);
    await runTurn(await open());
    expect(await listMissing()).toEqual([]);
  },
);

test("rights that are lost while processes run are granted anew, once for all that miss them", async () => {
  const opened = await open();
  await runTurn(opened);
  for (const lost of [
    `revoke all on ${allTables} from "${tenantRole(name, schema)}"`,
    `revoke insert on ${schema}.budget_holds from "${tenantRole(name, schema)}"`,
    `revoke usage on schema ${schema} from "${tenantRole(name, schema)}"`,
    `drop schema ${schema} cascade`,
  ]) {
    await admin.query(lost);
    await Promise.all(Array.from({ length: 8 }, () => runTurn(opened)));
    expect(await listMissing(), lost).toEqual([]);
  }
});

test("tables that people have made in a tenant's schema stand in nobody's way", async () => {
  await fill(await open());
  await admin.query(backTo004(name, schema));
  await admin.query(`create table ${schema}.report (id bigint generated always as identity)`);
  await runTurn(await open());
  expect(await listMissing()).toEqual(
    ["select", "insert", "update", "delete"].map((right) => `report ${right}`),
  );
});

test("rights on public that a killed start has not granted are granted by the next", async () => {
  await runTurn(await open());
  const { username } = new URL(database.url);
  await admin.query(`revoke all on all tables in schema public from "${username}"`);
  const { users, tenants, keys } = await open();
  await admin.query("insert into public.tenants (id, name) values ('demo', 'Demo')");
  expect(await tenants.findTenant("demo")).toMatchObject({ id: "demo" });
  expect(await users.ensureUser("demo", "person", {})).toMatchObject({ externalId: "person" });
  expect(await keys.listKeys("demo")).toEqual([]);
});

test("where roles can't be made a tenant of an earlier release is upgraded too", async () => {
  await admin.query(`alter role "${name}" nocreaterole`);
  const early = await open();
  expect(early.warning).toMatch(/Tenant roles are off/);
  const { chat } = await fill(early);
  const before = await readAll(early, chat.id);
  await admin.query(tablesOf004(schema));
  const upgraded = await open();
  expect(await readAll(upgraded, chat.id)).toEqual(before);
  await runTurn(upgraded);
});

/** What is in our schemas and whose it is, but for what only comes with a table and what belongs to an extension. */
async function listOwners(schemas: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await admin.query<{ name: string; owner: string }>(
    `select o.name, pg_get_userbyid(o.owner) as owner from (
       select 'schema' as kind, nspname as name, nspowner as owner, oid as "schemaId", oid from pg_namespace
       union all select 'relation', oid::regclass::text, relowner, relnamespace, oid from pg_class where relkind in ('r', 'p', 'S', 'i')
       union all select 'routine', oid::regprocedure::text, proowner, pronamespace, oid from pg_proc
       union all select 'type', oid::regtype::text, typowner, typnamespace, oid from pg_type where typtype = 'e'
     ) o join pg_namespace n on n.oid = o."schemaId"
     where n.nspname = any ($1) and o.name <> 'public'
       and not exists (select from pg_depend d where d.objid = o.oid and d.deptype = 'e')
     order by o.name`,
    [schemas],
  );
  return new Map(rows.map(({ name: object, owner }) => [object, owner]));
}

test("a database that was begun without roles goes on with them once they can be made, as the start advises", async () => {
  await admin.query(`alter role "${name}" nocreaterole`);
  const early = await open();
  expect(early.warning).toContain(`ALTER ROLE "${name}" CREATEROLE`);
  const { chat } = await fill(early);
  await early.keys.listKeys("demo");
  await admin.query(`
    set role "${name}"; create table public.report (id bigint generated always as identity);
    create function public.reports() returns int return 1; reset role`);
  const before = await readAll(early, chat.id);

  await admin.query(`alter role "${name}" createrole`);
  const later = await open();
  expect(later.warning).toBeUndefined();
  expect(await readAll(later, chat.id)).toEqual(before);
  await runTurn(later);
  expect(await listMissing()).toEqual([]);
  expect(await later.work(tenant, (em) => em.execute("select current_user as name"))).toEqual([
    { name: tenantRole(name, schema) },
  ]);
  const owners = await listOwners(["public", "pgboss", schema]);
  const kept = [...owners].filter(([, owner]) => owner !== `${name}/owner`);
  expect(kept.map(([object, owner]) => [object, owner === name])).toEqual([
    ["report", true],
    ["report_id_seq", true],
    ["reports()", true],
  ]);
  expect([...owners.keys()]).toEqual(expect.arrayContaining(["pgboss", schema, "tenants"]));
  await runTurn(await open());
});

test("what was made without roles is closed to the login afterwards, as if it had been made with them", async () => {
  await admin.query(`alter role "${name}" nocreaterole`);
  await fill(await open());
  await admin.query(`alter role "${name}" createrole`);
  await runTurn(await open());
  const login = new Client({ connectionString: database.url });
  await login.connect();
  try {
    for (const sql of [
      `select from ${schema}.chats`,
      "alter table public.tenants add column mine int",
      "delete from public.audit_log",
    ])
      await expect(login.query(sql), sql).rejects.toThrow(/permission denied|must be owner/);
  } finally {
    await login.end();
  }
});

test("messages that a process of the last release puts go on with the branch that is shown", async () => {
  const { turns, chats } = await open();
  const chat = makeChat();
  const first = await turns.saveTurn(tenant, makeFirstTurn({}, chat));
  await turns.finishTurn(tenant, first.answer.id, 1, makeFinish("Answer"));
  const fork = { kind: "question", besideId: first.question.id, parentId: null } as const;
  const edited = await turns.saveTurn(tenant, makeTurn(chat.id, { fork }));
  await admin.query(`
    insert into ${schema}.chat_messages (id, chat_id, role, state, reply_to, created_at) values
      ('msg_old_question', '${chat.id}', 'user', 'complete', null, now()),
      ('msg_old_answer', '${chat.id}', 'assistant', 'queued', 'msg_old_question', now())`);
  const { items } = await chats.listMessages(tenant, chat.id, { limit: 10 });
  expect(items.map(({ id, parentId }) => [id, parentId])).toEqual([
    [edited.question.id, null],
    [edited.answer.id, edited.question.id],
    ["msg_old_question", edited.answer.id],
    ["msg_old_answer", "msg_old_question"],
  ]);
});
