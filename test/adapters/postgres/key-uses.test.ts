import { afterEach, beforeEach, expect, test } from "vitest";
import { createKeyUses, type LatestUses } from "../../../api/adapters/postgres/key-uses.ts";
import { openPostgres } from "../../../api/adapters/postgres/open.ts";
import { makeEntry, makeKey } from "../../contracts/access-fixtures.ts";
import { createManualClock, settle } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import {
  openTestPostgres,
  postgresOptions,
  type OpenedPostgres,
} from "../../support/open-postgres.ts";

let opened: OpenedPostgres;
const minuteMs = 60_000;

beforeEach(async () => {
  opened = await openTestPostgres({ isShared: true });
  await opened.addTenant("demo");
});

afterEach(() => opened.close());

async function addKey() {
  const key = makeKey();
  await opened.postgres.keys.addKey(key, makeEntry("key.create"));
  return key;
}

/** As it stands in the database. */
async function lastUse(id: string): Promise<Date | null | undefined> {
  const key = (await opened.postgres.keys.listKeys("demo")).find((one) => one.id === id);
  return key?.lastUsedAt;
}

test("uses are written at the close, the latest of each key", async () => {
  const [first, second] = [await addKey(), await addKey()];
  const { database } = opened;
  const there = await openPostgres(postgresOptions(database.url, { isShared: true }));
  there.keys.noteUse(first.id, new Date(5000));
  there.keys.noteUse(first.id, new Date(7001));
  there.keys.noteUse(first.id, new Date(6000));
  there.keys.noteUse(second.id, new Date(1));
  there.keys.noteUse("key_nobody", new Date(1));
  expect(await lastUse(first.id)).toBeNull();
  await there.close();
  expect(await lastUse(first.id)).toEqual(new Date(7001));
  expect(await lastUse(second.id)).toEqual(new Date(1));
});

test("an earlier use never takes the place of a later one that another process has written", async () => {
  const key = await addKey();
  const { url } = opened.database;
  for (const ms of [9000, 3000]) {
    const there = await openPostgres(postgresOptions(url, { isShared: true }));
    there.keys.noteUse(key.id, new Date(ms));
    await there.close();
  }
  expect(await lastUse(key.id)).toEqual(new Date(9000));
});

test("uses are written once a minute, however many there are", async () => {
  const clock = createManualClock();
  const writes: LatestUses[] = [];
  const write = async (uses: LatestUses) => void writes.push(uses);
  const uses = createKeyUses(write, clock, createRecordingLogger());
  for (let count = 0; count < 1000; count += 1) uses.note("key_1", new Date(count));
  expect(clock.timers).toBe(1);
  clock.advance(minuteMs - 1);
  expect(writes).toEqual([]);
  clock.advance(1);
  await settle();
  uses.note("key_1", new Date(5000));
  uses.note("key_2", new Date(4000));
  clock.advance(minuteMs);
  await settle();
  expect(writes).toEqual([
    new Map([["key_1", new Date(999)]]),
    new Map([
      ["key_1", new Date(5000)],
      ["key_2", new Date(4000)],
    ]),
  ]);
  expect(clock.timers).toBe(0);
  await uses.close();
  expect(writes).toHaveLength(2);
});

test("what can't be written is kept for the next time, and troubles nobody", async () => {
  const clock = createManualClock();
  const logger = createRecordingLogger();
  const writes: LatestUses[] = [];
  const write = async (uses: LatestUses) => {
    writes.push(uses);
    if (writes.length !== 2) throw new Error("The database is away");
  };
  const uses = createKeyUses(write, clock, logger);
  uses.note("key_1", new Date(5000));
  clock.advance(minuteMs);
  uses.note("key_1", new Date(4000));
  await settle();
  expect(logger.lines.map(({ level }) => level)).toEqual(["warn"]);
  clock.advance(minuteMs);
  await settle();
  expect(writes[1]).toEqual(new Map([["key_1", new Date(5000)]]));
  expect(clock.timers).toBe(0);
  uses.note("key_1", new Date(6000));
  await uses.close();
  expect(writes).toHaveLength(3);
  expect(clock.timers).toBe(0);
});
