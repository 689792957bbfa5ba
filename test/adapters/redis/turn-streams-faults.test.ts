import { afterEach, expect, it } from "vitest";
import { connectRedis } from "../../../api/adapters/redis/connect.ts";
import { createRedisTurnStreams } from "../../../api/adapters/redis/turn-streams.ts";
import { systemClock } from "../../../api/adapters/system/clock.ts";
import type { TurnEvent } from "../../../api/core/turns/turn-event.ts";
import {
  createBell,
  cursorOf,
  eventsOf,
  makeTurn,
  readAll,
  theEnding,
} from "../../contracts/turn-streams-events.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { startRedis } from "../../support/redis.ts";

/** A rejection that nobody holds ends the test run too. */

const opened: { close(): unknown }[] = [];
const events = eventsOf(1, ["One", " two"], theEnding);

afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.close();
});

async function startOwnRedis() {
  const server = await startRedis();
  opened.push(server);
  return server;
}

async function connect(url: string) {
  const logger = createRecordingLogger();
  const connection = await connectRedis({ url }, logger);
  opened.push(connection);
  const { redis, subscriber } = connection;
  const streams = createRedisTurnStreams({ redis, subscriber }, { clock: systemClock });
  return { ...connection, logger, streams };
}

function happens(client: { once(name: string, listener: () => void): unknown }, event: string) {
  return new Promise<void>((resolve) => void client.once(event, resolve));
}

async function countSubscriptions(redis: Awaited<ReturnType<typeof connect>>["redis"]) {
  return (await redis.pubsub("CHANNELS")).length;
}

it("finds a gap in an emptied Redis, and fills it again", async () => {
  const server = await startOwnRedis();
  const { streams, redis } = await connect(server.url);
  const turn = makeTurn();
  await streams.replace(turn, events.slice(0, 2));
  await redis.flushall();
  expect(await streams.append(turn, cursorOf(events[1]), events.slice(2))).toBe("gap");
  expect(await streams.read(turn, undefined)).toEqual([]);
  expect(await streams.replace(turn, events)).toBe("replaced");
  expect(await streams.read(turn, undefined)).toEqual(events);
});

it("wakes all watchers when it hears again, since they may have missed something", async () => {
  const server = await startOwnRedis();
  const { streams, subscriber, logger } = await connect(server.url);
  const others = await connect(server.url);
  const turn = makeTurn();
  const [ofTurn, ofChat, sibling] = [createBell(), createBell(), createBell()];
  await streams.watch(turn, ofTurn.ring);
  await streams.watch(turn, sibling.ring);
  await streams.watch({ tenantId: turn.tenantId, chatId: turn.chatId }, ofChat.ring);
  const lost = happens(subscriber.client, "close");
  await others.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  await others.streams.replace(turn, events.slice(0, 1));
  await lost;
  await Promise.all([ofTurn.rung(1), ofChat.rung(1), sibling.rung(1)]);
  await others.streams.append(turn, cursorOf(events[0]), events.slice(1));
  await Promise.all([ofTurn.rung(2), sibling.rung(2)]);
  await others.streams.announce(turn);
  await ofChat.rung(2);
  expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
});

it("leads a reader who only reads when woken to the end, however often the calls are cut", async () => {
  const server = await startOwnRedis();
  const reader = await connect(server.url);
  const writer = await connect(server.url);
  const turn = makeTurn();
  const all = eventsOf(
    1,
    Array.from({ length: 150 }, (_, index) => `${index} `),
    theEnding,
  );
  const seen: TurnEvent[] = [];
  const finished = new Promise<void>((resolve, reject) => {
    const readOn = async () => {
      seen.push(...(await readAll(reader.streams, turn, seen.at(-1)?.cursor)));
      if (seen.at(-1)?.type === "end") resolve();
    };
    let reading = Promise.resolve();
    const wake = () => {
      reading = reading.then(readOn);
      reading.catch(reject);
    };
    reader.streams.watch(turn, wake).then(wake, reject);
  });
  await writer.streams.replace(turn, all.slice(0, 1));
  for (const [index, event] of all.entries()) {
    if (index === 0) continue;
    if (index % 10 === 0) await writer.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    await writer.streams.append(turn, cursorOf(all[index - 1]), [event]);
  }
  await finished;
  expect(seen).toEqual(all);
});

it("goes on when its connections are killed in the middle of writing", async () => {
  const server = await startOwnRedis();
  const { streams, redis } = await connect(server.url);
  const admin = await connect(server.url);
  const turn = makeTurn();
  await streams.replace(turn, events.slice(0, 1));
  const back = happens(redis, "ready");
  const killed = admin.redis.call("CLIENT", "KILL", "TYPE", "normal");
  const after = cursorOf(events[0]);
  const outcome = await streams.append(turn, after, events.slice(1, 2)).catch(() => "unknown");
  await killed;
  await back;
  const again = await streams.append(turn, after, events.slice(1, 2));
  if (outcome === "appended") expect(again).toBe("gap");
  expect(await streams.read(turn, undefined)).toEqual(events.slice(0, 2));
});

it("rejects what a frozen Redis doesn't answer, and undoes what is confirmed too late", async () => {
  const server = await startOwnRedis();
  const { streams, logger } = await connect(server.url);
  const turn = makeTurn();
  const [kept, left, late] = [createBell(), createBell(), createBell()];
  await streams.replace(turn, events.slice(0, 1));
  await streams.watch(turn, kept.ring);
  const unwatch = await streams.watch(makeTurn(), left.ring);

  server.kill("SIGSTOP");
  const refused = makeTurn();
  const outcomes = await Promise.allSettled([
    streams.append(turn, cursorOf(events[0]), events.slice(1, 2)),
    streams.watch(refused, late.ring),
    streams.watch(refused, late.ring),
    streams.announce(turn),
    unwatch(),
  ]);
  const statuses = outcomes.map(({ status }) => status);
  expect(statuses.slice(0, -1)).toEqual(Array(4).fill("rejected"));
  expect(statuses.at(-1)).toBe("fulfilled");

  server.kill("SIGCONT");
  const others = await connect(server.url);
  await kept.rung(1);
  await expect.poll(() => countSubscriptions(others.redis), { timeout: 10_000 }).toBe(1);
  await others.streams.replace(refused, events);
  await others.streams.replace(turn, events);
  await kept.rung(2);
  expect([left.count, late.count]).toEqual([0, 0]);
  expect(logger.lines.filter(({ level }) => level === "error")).toEqual([]);
});

it("notices by itself that the connection that only listens has gone silent", async () => {
  const server = await startOwnRedis();
  const { streams, subscriber, logger } = await connect(server.url);
  const turn = makeTurn();
  const bell = createBell();
  await streams.watch(turn, bell.ring);
  const lost = happens(subscriber.client, "close");
  server.kill("SIGSTOP");
  await lost;
  await expect(streams.watch(turn, bell.ring)).rejects.toThrow("Redis took longer");
  server.kill("SIGCONT");
  await bell.rung(1);
  const others = await connect(server.url);
  await others.streams.replace(turn, events);
  await bell.rung(2);
  expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
});

it("outlives the death of Redis, which comes back empty on the same port", async () => {
  const server = await startOwnRedis();
  const { streams, redis, subscriber, logger } = await connect(server.url);
  const turn = makeTurn();
  const [kept, left, late] = [createBell(), createBell(), createBell()];
  await streams.replace(turn, events.slice(0, 1));
  await streams.watch(turn, kept.ring);
  const unwatch = await streams.watch(makeTurn(), left.ring);

  const lost = Promise.all([happens(redis, "close"), happens(subscriber.client, "close")]);
  server.kill("SIGKILL");
  await lost;
  const after = cursorOf(events[0]);
  await expect(streams.append(turn, after, events.slice(1))).rejects.toThrow(Error);
  await expect(streams.replace(turn, events)).rejects.toThrow(Error);
  await expect(streams.read(turn, undefined)).rejects.toThrow(Error);
  await expect(streams.announce(turn)).rejects.toThrow(Error);
  const watches = [streams.watch(makeTurn(), late.ring), streams.watch(turn, late.ring)];
  for (const watch of watches) await expect(watch).rejects.toThrow("Redis took longer");
  await unwatch();

  await server.restart();
  await kept.rung(1);
  const others = await connect(server.url);
  await expect.poll(() => countSubscriptions(others.redis)).toBe(1);
  await expect.poll(() => logger.lines.length, { timeout: 10_000 }).toBe(2);
  expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
  expect(await streams.append(turn, after, events.slice(1))).toBe("gap");
  expect(await streams.replace(turn, events)).toBe("replaced");
  await kept.rung(2);
  expect([left.count, late.count]).toEqual([0, 0]);
});

it("closes in the middle of a watch and of its end, while Redis is frozen", async () => {
  const server = await startOwnRedis();
  const { streams, close } = await connect(server.url);
  const unwatch = await streams.watch(makeTurn(), () => {});
  await streams.watch(makeTurn(), () => {});
  server.kill("SIGSTOP");
  const outcomes = Promise.allSettled([
    streams.watch(makeTurn(), () => {}),
    unwatch(),
    streams.append(makeTurn(), { attempt: 1, rank: 0 }, events.slice(1)),
  ]);
  await close();
  const statuses = (await outcomes).map(({ status }) => status);
  expect(statuses).toEqual(["rejected", "fulfilled", "rejected"]);
  await expect(streams.watch(makeTurn(), () => {})).rejects.toThrow(Error);
});

it("says so when Redis doesn't let it subscribe, and lives", async () => {
  const server = await startOwnRedis();
  const admin = await connect(server.url);
  await admin.redis.acl("SETUSER", "deaf", "on", ">password", "~*", "+@all", "resetchannels");
  const url = server.url.replace("redis://", "redis://deaf:password@");
  const { streams, logger } = await connect(url);
  const turn = makeTurn();
  const watches = [streams.watch(turn, () => {}), streams.watch(turn, () => {})];
  for (const watch of watches) await expect(watch).rejects.toThrow("Redis took longer");
  expect(logger.lines).toHaveLength(1);
  expect(logger.lines[0]).toMatchObject({ level: "warn", text: "Redis refused a subscription" });
  expect(JSON.stringify(logger.lines)).not.toContain("password");
});
