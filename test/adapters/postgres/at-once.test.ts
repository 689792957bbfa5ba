import pg from "pg";
import { afterEach, beforeEach, expect, inject, test, vi } from "vitest";
import { openPostgres, type Postgres } from "../../../api/adapters/postgres/open.ts";
import {
  hardTexts,
  hourMs,
  makeFinish,
  makeFirstTurn,
  makeTurn,
  registerOwners,
} from "../../contracts/store-fixtures.ts";
import { postgresOptions } from "../../support/open-postgres.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { makeTenant } from "../../support/tenant.ts";

const tenant = makeTenant("demo");
let database: TestDatabase;
let postgres: Postgres;
let chatId: string;
const queries = vi.spyOn(pg.Client.prototype, "query");

/** How many messages the work sends to the database. */
async function countTrips(work: () => Promise<unknown>): Promise<number> {
  queries.mockClear();
  await work();
  return queries.mock.calls.length;
}

beforeEach(async () => {
  database = await createTestDatabase(inject("postgres"));
  postgres = await openPostgres(postgresOptions(database.url, { isShared: true }));
  await registerOwners(postgres.leases);
  const { answer } = await postgres.turns.saveTurn(tenant, makeFirstTurn());
  ({ chatId } = answer);
  await postgres.turns.finishTurn(tenant, answer.id, 1, makeFinish("First."));
});

afterEach(async () => {
  await postgres?.close();
  await database?.drop();
});

test("what names ids alone is one round trip", async () => {
  const { turns, chats } = postgres;
  const turn = makeTurn(chatId, {
    idempotency: { scope: "server", key: "What? And '; why \\?" },
    content: hardTexts.join("?"),
  });
  expect(await countTrips(() => chats.findChat(tenant, chatId))).toBe(1);
  await turns.saveTurn(tenant, turn);
  expect(await countTrips(() => turns.startAttempt(tenant, turn.answerId, 1))).toBe(1);
  const question = { chatId, parentId: turn.answerId };
  expect(await countTrips(() => turns.listHistory(tenant, question, 20))).toBe(1);
  const finish = { ...makeFinish("So ?!"), unanswered: "nothing_found" as const };
  await turns.finishTurn(tenant, turn.answerId, 1, finish);
  const stored = await chats.findMessage(tenant, turn.answerId);
  expect(stored).toMatchObject({ content: "So ?!", ending: finish.ending });
  const [, , asked] = await turns.listHistory(tenant, question, 20);
  expect(asked?.content).toBe(turn.content);
});

test("an ending that is no longer ours changes nothing with it", async () => {
  const { turns, chats, leases } = postgres;
  const { answer } = await turns.saveTurn(tenant, makeTurn(chatId));
  await leases.register("taker", hourMs);
  await turns.takeOver(tenant, answer.id, 1, "taker");
  expect(await turns.finishTurn(tenant, answer.id, 1, makeFinish("Late."))).toBe(false);
  expect(await chats.findMessage(tenant, answer.id)).toMatchObject({ content: "", ending: null });
  const { rows } = await runAsAdmin("select count(*)::int as count from analytics");
  expect(rows).toEqual([{ count: 1 }]);
});

async function runAsAdmin(text: string) {
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    await client.query(`set search_path = "tenant_demo"`);
    return await client.query(text);
  } finally {
    await client.end();
  }
}
