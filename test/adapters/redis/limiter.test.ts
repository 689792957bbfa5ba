import { setTimeout as pass } from "node:timers/promises";
import { afterEach, expect, inject, it } from "vitest";
import { createMemoryLimiter } from "../../../api/adapters/memory/limiter.ts";
import { connectRedis, type RedisConnection } from "../../../api/adapters/redis/connect.ts";
import { createRedisLimiter } from "../../../api/adapters/redis/limiter.ts";
import { systemClock } from "../../../api/adapters/system/clock.ts";
import type { Limiter } from "../../../api/core/limits/limiter.ts";
import { limiterContract } from "../../contracts/limiter.ts";
import { createManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { startRedis } from "../../support/redis.ts";

const perMinute = (key: string, limit: number) => [{ key, limit, windowMs: 60_000 }];
const neverAsked: Limiter = {
  take: () => Promise.reject(new Error("The fallback was asked, but Redis was there")),
};
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.close();
});

function makePrefix(): string {
  return `test:${crypto.randomUUID()}:`;
}

async function connect(url: string): Promise<RedisConnection> {
  const connection = await connectRedis({ url }, createRecordingLogger());
  opened.push(connection);
  return connection;
}

async function startOwnRedis() {
  const server = await startRedis();
  opened.push(server);
  return server;
}

limiterContract("Redis", async () => {
  const { redis, close } = await connectRedis(
    { url: inject("redis").url },
    createRecordingLogger(),
  );
  // Nothing decides but Redis: its own answer stands even when this machine is slow.
  const fallback = createMemoryLimiter(systemClock);
  const logger = createRecordingLogger();
  const limiter = createRedisLimiter(redis, {
    fallback,
    logger,
    clock: createManualClock(),
    prefix: makePrefix(),
  });
  return {
    limiter,
    now: () => performance.now(),
    pass: (ms) => pass(ms),
    async close() {
      await close();
      expect(logger.lines).toEqual([]);
    },
  };
});

it("holds one limit over all processes", async () => {
  const { url } = inject("redis");
  const prefix = makePrefix();
  const options = { fallback: createMemoryLimiter(systemClock), logger: createRecordingLogger() };
  const limiters = await Promise.all(
    [1, 2, 3].map(async () => {
      const { redis } = await connect(url);
      return createRedisLimiter(redis, { ...options, clock: createManualClock(), prefix });
    }),
  );
  const takes = limiters.flatMap((limiter) =>
    Array.from({ length: 170 }, () => limiter.take(perMinute("shared", 70))),
  );
  const decisions = await Promise.all(takes);
  expect(decisions.filter(([decision]) => decision?.allowed)).toHaveLength(70);
});

it("leaves nothing in Redis once the window is over", async () => {
  const { redis } = await connect(inject("redis").url);
  const prefix = makePrefix();
  const limiter = createRedisLimiter(redis, {
    fallback: createMemoryLimiter(systemClock),
    logger: createRecordingLogger(),
    clock: systemClock,
    prefix,
  });
  await limiter.take(perMinute("gone", 5));
  const ttl = await redis.pttl(`${prefix}gone`);
  expect(ttl).toBeGreaterThan(0);
  expect(ttl).toBeLessThanOrEqual(60_001);
  const [moment] = await redis.lrange(`${prefix}gone`, 0, -1);
  expect(moment).toMatch(/^\d{16}$/); // microseconds, to the last digit
});

it("loads its script again when Redis has lost it", async () => {
  const server = await startOwnRedis();
  const { redis } = await connect(server.url);
  const clock = createManualClock();
  const limiter = createRedisLimiter(redis, {
    fallback: neverAsked,
    logger: createRecordingLogger(),
    clock,
  });
  // Refused ones, since those that are allowed are counted by the fallback too.
  expect(await limiter.take(perMinute("script", 0))).toMatchObject([{ allowed: false }]);
  await redis.script("FLUSH");
  expect(await limiter.take(perMinute("script", 0))).toMatchObject([{ allowed: false }]);
  expect(clock.timers).toBe(0);
});

it("asks the fallback when Redis is frozen, logs it once a second, and opens no second window", async () => {
  const server = await startOwnRedis();
  const { redis } = await connect(server.url);
  const clock = createManualClock();
  const logger = createRecordingLogger();
  const limiter = createRedisLimiter(redis, {
    fallback: createMemoryLimiter(clock),
    logger,
    clock,
  });
  for (let count = 0; count < 5; count += 1) await limiter.take(perMinute("frozen", 7));
  const takeLater = async () => {
    const decision = limiter.take(perMinute("frozen", 7));
    clock.advance(100);
    return decision;
  };

  server.kill("SIGSTOP");
  expect(await takeLater()).toMatchObject([{ allowed: true, used: 6 }]);
  expect(await takeLater()).toMatchObject([{ allowed: true, used: 7 }]);
  expect(await takeLater()).toMatchObject([{ allowed: false, used: 7 }]);
  expect(logger.lines).toHaveLength(1);
  clock.advance(1000);
  await takeLater();
  expect(logger.lines).toHaveLength(2);
  expect(logger.lines[0]).toMatchObject({
    level: "warn",
    fields: { reason: "Redis took longer than 100 ms" },
  });
  expect(clock.timers).toBe(0);
  server.kill("SIGCONT"); // so that the connection can be closed in order
});

it("the fallback has counted along in every window, and in none of what was refused", async () => {
  const server = await startOwnRedis();
  const { redis } = await connect(server.url);
  const clock = createManualClock();
  const limiter = createRedisLimiter(redis, {
    fallback: createMemoryLimiter(clock),
    logger: createRecordingLogger(),
    clock,
  });
  const windows = (person: string) => [...perMinute("tenant", 5), ...perMinute(person, 2)];
  for (let count = 0; count < 4; count += 1) await limiter.take(windows("one"));
  const cut = new Promise((resolve) => redis.once("close", resolve));
  server.kill("SIGKILL");
  await cut;
  expect(await limiter.take(windows("one"))).toMatchObject([
    { allowed: true, used: 2 },
    { allowed: false, used: 2 },
  ]);
  expect(await limiter.take(windows("two"))).toMatchObject([{ used: 3 }, { used: 1 }]);
});

it("asks the fallback at once when Redis is gone, and Redis again when it is back", async () => {
  const server = await startOwnRedis();
  const { redis } = await connect(server.url);
  const clock = createManualClock();
  const logger = createRecordingLogger();
  const limiter = createRedisLimiter(redis, {
    fallback: createMemoryLimiter(clock),
    logger,
    clock,
  });
  const cut = new Promise((resolve) => redis.once("close", resolve));
  const back = new Promise((resolve) => redis.once("ready", resolve));
  await (await connect(server.url)).redis.call("CLIENT", "KILL", "TYPE", "normal");
  await cut;
  expect(await limiter.take(perMinute("gone", 1))).toMatchObject([{ allowed: true }]);
  expect(await limiter.take(perMinute("gone", 1))).toMatchObject([{ allowed: false }]);
  expect(logger.lines).toHaveLength(1);
  await back;
  expect(await limiter.take(perMinute("gone", 3))).toMatchObject([{ allowed: true, used: 1 }]);
  expect(logger.lines).toHaveLength(1);
});
