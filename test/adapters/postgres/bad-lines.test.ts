import { Client } from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { openPostgres, type Postgres } from "../../../api/adapters/postgres/open.ts";
import type { TurnStop } from "../../../api/core/turns/turn-store.ts";
import { hourMs, makeFirstTurn, registerOwners } from "../../contracts/store-fixtures.ts";
import { createManualClock } from "../../support/clock.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { postgresOptions } from "../../support/open-postgres.ts";
import { makeTenant } from "../../support/tenant.ts";
import { openLine, type Line } from "./line.ts";

let database: TestDatabase;
let line: Line;
/** By way of the line, and one that needs none. */
let ours: Postgres;
let others: Postgres;
let watcher: Client;
let listenings: number;
let stops: TurnStop[];
const clock = createManualClock();
const tenant = makeTenant("demo");
const unavailable = { code: "SERVICE_UNAVAILABLE" };

/** How many sessions wait for a lock that is asked for by name. */
async function countWaiting(): Promise<number | null> {
  const { rowCount } = await watcher.query(
    "select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'",
  );
  return rowCount;
}

beforeEach(async () => {
  database = await createTestDatabase(inject("postgres"));
  watcher = new Client({ connectionString: database.adminUrl });
  await watcher.connect();
  line = await openLine(database.url);
  listenings = 0;
  stops = [];
  const onListening = () => void (listenings += 1);
  const onTurnStop = (stop: TurnStop) => void stops.push(stop);
  ours = await openPostgres(
    postgresOptions(line.url, { isShared: true, clock, onListening, onTurnStop }),
  );
  others = await openPostgres(postgresOptions(database.url, { isShared: true }));
});

afterEach(async () => {
  await line?.close();
  await ours?.close();
  await others?.close();
  await watcher?.end();
  await database?.drop();
});

test("a claim whose reply is lost is told at the next one", async () => {
  const { leases } = ours;
  await leases.register("heir", hourMs);
  await leases.register("dead", 0);
  await leases.noteTenant("dead", "left");
  line.stopAt("commit", "cut");
  await expect(leases.claimExpired("heir")).rejects.toMatchObject(unavailable);
  expect(await others.leases.listProcesses()).toEqual(["heir"]);
  expect(await leases.renew("heir", hourMs)).toEqual({ isHeld: true, hasExpired: true });
  expect(await leases.claimExpired("heir")).toEqual(["left"]);
  expect(await leases.renew("heir", hourMs)).toEqual({ isHeld: true, hasExpired: false });
  expect(await leases.claimExpired("heir")).toEqual([]);
});

test("a claim that is still under way when it is given up is waited for by the next one", async () => {
  const { leases } = ours;
  await leases.register("heir", hourMs);
  await leases.register("dead", 0);
  await leases.noteTenant("dead", "left");
  line.stopAt("commit", "under way");
  await expect(leases.claimExpired("heir")).rejects.toMatchObject(unavailable);
  const next = leases.claimExpired("heir");
  await expect.poll(countWaiting, { interval: 10 }).toBe(1);
  line.deliver();
  expect(await next).toEqual(["left"]);
});

test("a claim that freezes half-way is undone, and another process makes it", async () => {
  await ours.leases.register("frozen", hourMs);
  await others.leases.register("heir", hourMs);
  await ours.leases.register("dead", 0);
  await ours.leases.noteTenant("dead", "left");
  line.stopAt("for update skip locked", "silent");
  const frozen = ours.leases.claimExpired("frozen");
  const failed = expect(frozen).rejects.toMatchObject(unavailable);
  await expect
    .poll(() => others.leases.claimExpired("heir"), { timeout: 10_000, interval: 50 })
    .toEqual(["left"]);
  await failed;
  expect(await ours.leases.claimExpired("frozen")).toEqual([]);
});

test("a save whose reply is lost is found by its question", async () => {
  await registerOwners(ours.leases);
  await ours.turns.listUnfinished(tenant);
  const turn = makeFirstTurn();
  line.stopAt("commit", "cut");
  await expect(ours.turns.saveTurn(tenant, turn)).rejects.toMatchObject(unavailable);
  const found = await ours.turns.findTurn(tenant, turn.answerId);
  expect(found?.answer).toMatchObject({ id: turn.answerId, state: "queued" });
});

test("on a line that has fallen silent a renewal fails soon, and on the next line it passes", async () => {
  await ours.leases.register("process", hourMs);
  line.silence();
  for (let count = 0; count < 2; count += 1)
    await expect(ours.leases.renew("process", hourMs)).rejects.toMatchObject(unavailable);
  line.restore();
  expect(await ours.leases.renew("process", hourMs)).toMatchObject({ isHeld: true });
});

test("a listener whose line has fallen silent notices, listens anew and says so", async () => {
  expect(listenings).toBe(1);
  line.silence();
  await registerOwners(others.leases);
  const { answer } = await others.turns.saveTurn(tenant, makeFirstTurn());
  await others.turns.requestCancel(tenant, answer.id);
  line.restore();
  const isBack = () => {
    clock.advance(1000);
    return listenings;
  };
  await expect.poll(isBack, { timeout: 15_000 }).toBe(2);
  expect(stops).toEqual([]);
  await others.turns.requestCancel(tenant, answer.id);
  await expect.poll(() => stops).toHaveLength(1);
});

test("it can be closed while the database is out of reach", async () => {
  const leaving = await openPostgres(postgresOptions(line.url, { isShared: true, clock }));
  await leaving.leases.register("process", hourMs);
  line.silence();
  let isClosed = false;
  const closing = leaving.close().then(() => (isClosed = true));
  const pass = () => {
    clock.advance(5000);
    return isClosed;
  };
  await expect.poll(pass).toBe(true);
  await closing;
});
