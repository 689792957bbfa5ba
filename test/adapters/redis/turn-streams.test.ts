import { expect, inject, it, onTestFinished } from "vitest";
import { connectRedis } from "../../../api/adapters/redis/connect.ts";
import { createRedisTurnStreams } from "../../../api/adapters/redis/turn-streams.ts";
import { systemClock } from "../../../api/adapters/system/clock.ts";
import { turnStreamsContract } from "../../contracts/turn-streams.ts";
import { cursorOf, eventsOf, makeTurn, theEnding } from "../../contracts/turn-streams-events.ts";
import { createRecordingLogger } from "../../support/logger.ts";

async function connect() {
  const logger = createRecordingLogger();
  const connection = await connectRedis({ url: inject("redis").url }, logger);
  const prefix = `test:${crypto.randomUUID()}:`;
  return { ...connection, logger, prefix };
}

async function open() {
  const { redis, subscriber, prefix, close } = await connect();
  onTestFinished(close);
  const streams = createRedisTurnStreams({ redis, subscriber }, { clock: systemClock, prefix });
  return { redis, streams, prefix };
}

turnStreamsContract("Redis", async () => {
  const first = await connect();
  const { redis, prefix } = first;
  const connections = [first];
  return {
    async open() {
      const connection = await connect();
      connections.push(connection);
      return createRedisTurnStreams(connection, { clock: systemClock, prefix });
    },
    /** Time goes by for the streams in that they have so much less of it. */
    async pass(ms) {
      for (const key of await redis.keys(`${prefix}*`)) {
        await redis.pexpire(key, (await redis.pttl(key)) - ms);
      }
    },
    async close() {
      const keys = await redis.keys(`${prefix}*`);
      if (keys.length > 0) await redis.del(...keys);
      for (const { close, logger } of connections.toReversed()) {
        await close();
        expect(logger.lines).toEqual([]);
      }
    },
  };
});

it("has the tenant in the key, and each event under an id made from its place", async () => {
  const { redis, streams, prefix } = await open();
  const turn = { tenantId: "garden", chatId: "chat_1", messageId: "msg_1" };
  await streams.replace(turn, eventsOf(3, ["One", " two"], theEnding));
  expect(await redis.keys(`${prefix}*`)).toEqual([`${prefix}{garden}:turn:msg_1`]);
  const entries = await redis.xrange(`${prefix}{garden}:turn:msg_1`, "-", "+");
  expect(entries.map(([id]) => id)).toEqual(["3-0", "3-3", "3-7", "3-9007199254740991"]);
});

it("loads its script again when Redis has lost it", async () => {
  const { redis, streams } = await open();
  const turn = makeTurn();
  const events = eventsOf(1, ["One"], theEnding);
  await redis.script("FLUSH");
  expect(await streams.replace(turn, events.slice(0, 2))).toBe("replaced");
  await redis.script("FLUSH");
  expect(await streams.append(turn, cursorOf(events[1]), events.slice(2))).toBe("appended");
});

it("says which entry can't be read, and never what stands in it", async () => {
  const { redis, streams, prefix } = await open();
  const usage = JSON.stringify(theEnding.usage);
  const end = "1-9007199254740991";
  const bad: readonly (readonly [id: string, ...fields: string[]])[] = [
    ["1-0", "event", "secret words"],
    ["1-0", "other", '{"type":"start"}'],
    ["1-0", "event", '{"type":"secret words"}'],
    ["1-5", "event", '{"type":"start"}'],
    ["0-5", "event", '{"type":"chunk","piece":{"offset":0,"content":"words"}}'],
    ["1-5", "event", '{"type":"chunk","piece":{"offset":1,"content":"words"}}'],
    ["1-5", "event", '{"type":"chunk","piece":{"content":"words"}}'],
    ["1-5", "event", `{"type":"end","ending":{"type":"error","code":"A","message":"words"}}`],
    [
      "1-5",
      "event",
      `{"type":"end","ending":{"type":"error","code":"A","message":"words","usage":${usage}}}`,
    ],
    [end, "event", `{"type":"end","ending":{"type":"error","code":"A","message":"words"}}`],
    [end, "event", `{"type":"end","ending":{"type":"complete","usage":${usage}}}`],
    [end, "event", '{"type":"end"}'],
    [end, "event", "null"],
  ];
  for (const [id, ...fields] of bad) {
    const key = `${prefix}{garden}:turn:msg_1`;
    await redis.del(key);
    await redis.xadd(key, id, ...fields);
    const turn = { tenantId: "garden", chatId: "chat_1", messageId: "msg_1" };
    const error: unknown = await streams.read(turn, undefined).catch((reason: unknown) => reason);
    expect(error, fields[1]).toBeInstanceOf(Error);
    expect(String(error)).toBe(`Error: The entry ${id} of the stream ${key} can't be read`);
  }
});

it("keeps a field that a newer version adds to an ending", async () => {
  const { streams } = await open();
  const turn = makeTurn();
  const ending = { ...theEnding, sources: [], rating: { stars: 5 } };
  await streams.replace(turn, eventsOf(1, [], ending));
  expect((await streams.read(turn, undefined)).at(-1)).toMatchObject({ ending });
});
