import { Client } from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import {
  openPostgres,
  type Postgres,
  type PostgresOptions,
} from "../../../api/adapters/postgres/open.ts";
import { DatabaseInUseError } from "../../../api/adapters/postgres/database-lock.ts";
import type { TurnStop } from "../../../api/core/turns/turn-store.ts";
import { hourMs, makeFirstTurn } from "../../contracts/store-fixtures.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { postgresOptions } from "../../support/open-postgres.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { makeTenant } from "../../support/tenant.ts";

let database: TestDatabase;
const opened: Postgres[] = [];

beforeEach(async () => {
  database = await createTestDatabase(inject("postgres"));
});

afterEach(async () => {
  for (const postgres of opened.splice(0)) await postgres.close();
  await database?.drop();
});

async function open(options: Partial<PostgresOptions> = {}): Promise<Postgres> {
  const postgres = await openPostgres(postgresOptions(database.url, options));
  opened.push(postgres);
  return postgres;
}

async function close(postgres: Postgres): Promise<void> {
  opened.splice(opened.indexOf(postgres), 1);
  await postgres.close();
}

test("several processes that share it serve one database, and none that wants it alone", async () => {
  const [first, second] = [await open({ isShared: true }), await open({ isShared: true })];
  await close(first);
  const refused = open();
  await expect(refused).rejects.toBeInstanceOf(DatabaseInUseError);
  await expect(refused).rejects.toThrow(/Set REDIS_URL in all processes/);
  await close(second);
  await open();
  await expect(open({ isShared: true })).rejects.toThrow(/without Redis\. Set REDIS_URL for it/);
});

test("who has the database alone ends the leases that others have left, who shares it doesn't", async () => {
  const former = await open();
  await former.leases.register("former", hourMs);
  await former.leases.noteTenant("former", "demo");
  await close(former);

  const shared = await open({ isShared: true });
  await shared.leases.register("shared", hourMs);
  expect((await shared.leases.renew("shared", hourMs)).hasExpired).toBe(false);
  await close(shared);

  const alone = await open();
  await alone.leases.register("alone", hourMs);
  expect((await alone.leases.renew("alone", hourMs)).hasExpired).toBe(true);
  expect(await alone.leases.claimExpired("alone")).toEqual(["demo"]);
  expect(await alone.leases.listProcesses()).toEqual(["alone"]);
});

test("a listener that comes back says so, hears again, and ends nobody's lease", async () => {
  let listenings = 0;
  const stops: TurnStop[] = [];
  const postgres = await open({
    onListening: () => void (listenings += 1),
    onTurnStop: (stop) => void stops.push(stop),
  });
  expect(listenings).toBe(1);
  await postgres.leases.register("process", hourMs);
  await postgres.leases.register("another", hourMs);
  await endListeners();
  await expect.poll(() => listenings, { timeout: 5000 }).toBe(2);
  expect((await postgres.leases.renew("process", hourMs)).hasExpired).toBe(false);
  const tenant = makeTenant("demo");
  const turn = makeFirstTurn({ owner: "process" });
  const { answer } = await postgres.turns.saveTurn(tenant, turn);
  await postgres.turns.requestCancel(tenant, answer.id);
  const stop = { tenantId: "demo", chatId: turn.chatId, messageId: answer.id };
  await expect.poll(() => stops).toEqual([stop]);
});

test("what one process wants stopped is heard by all of them, and noise by none", async () => {
  const heard: Record<string, TurnStop[]> = { first: [], second: [] };
  const logger = createRecordingLogger();
  const first = await open({
    isShared: true,
    logger,
    onTurnStop: (stop) => heard.first?.push(stop),
  });
  await open({ isShared: true, onTurnStop: (stop) => heard.second?.push(stop) });
  const tenant = makeTenant("demo");
  for (const payload of [
    "",
    "x",
    "null",
    "[]",
    '{"tenantId":"demo"}',
    '{"tenantId":1,"chatId":"c"}',
  ])
    await first.work(tenant, (em) => em.execute("select pg_notify('turn_stop', ?)", [payload]));
  await first.leases.register("process", hourMs);
  const { answer } = await first.turns.saveTurn(tenant, makeFirstTurn({ owner: "process" }));
  await first.turns.requestCancel(tenant, answer.id);
  await first.chats.deleteChat(tenant, answer.chatId);
  const { chatId } = answer;
  const expected = [
    { tenantId: "demo", chatId, messageId: answer.id },
    { tenantId: "demo", chatId },
  ];
  await expect.poll(() => heard).toEqual({ first: expected, second: expected });
  expect(logger.lines.filter(({ level }) => level === "warn")).toHaveLength(6);
});

/** Ends the sessions that hold the lock of who serves the database: those that listen. */
async function endListeners(): Promise<void> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  await client.query(`
    select pg_terminate_backend(pid) from pg_locks join pg_database on oid = database
    where datname = current_database() and locktype = 'advisory'`);
  await client.end();
}
