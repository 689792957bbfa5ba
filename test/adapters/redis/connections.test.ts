import { expect, it } from "vitest";
import { connectionsContract } from "../../contracts/connections.ts";
import { opened, openProcess, openTwo, startOwnRedis } from "./counting.ts";

connectionsContract("Redis, two processes", async () => {
  const processes = await openTwo();
  const own = opened.splice(0);
  return {
    counters: processes.map(({ counter }) => counter),
    async settle() {
      for (const { settled } of processes) await settled();
    },
    async close() {
      for (const thing of own.toReversed()) await thing.close();
      // Nothing decided but Redis.
      for (const { logger } of processes) expect(logger.lines).toEqual([]);
    },
  };
});

it("leaves nothing in Redis when all is given back, and nothing for long when it isn't", async () => {
  const { mustHold, redis, prefix, settled, clock, stored } = await openProcess();
  const held = await mustHold("left", 5);
  for (const key of await redis.keys(`${prefix}*`)) {
    const ttl = await redis.pttl(key);
    expect(ttl, key).toBeGreaterThan(0);
    expect(ttl, key).toBeLessThanOrEqual(60_000);
  }
  held.release();
  await settled();
  expect(await stored("left")).toEqual([]);
  // It has nothing to show itself for any more.
  clock.advance(1000);
  await expect.poll(() => clock.timers).toBe(0);
});

it("gives back what a process holds when it closes, and what it gives back later changes nothing", async () => {
  const [one, two] = await openTwo();
  const held = [await one.mustHold("closing", 2), await one.mustHold("closing", 2)];
  expect(await two.place("closing", 2)).toEqual({ full: "closing" });
  await one.close();
  expect(one.clock.timers).toBe(0);
  await two.mustHold("closing", 2);
  for (const place of held) place.release();
  await two.mustHold("closing", 2);
  expect(await two.place("closing", 2)).toEqual({ full: "closing" });
  expect(await two.stored("closing")).toEqual([2]);
});

it("leaves out a process that has shown no sign of life for five seconds, until it shows one", async () => {
  const [one, two] = await openTwo();
  await one.mustHold("silent", 1);
  const processes = `${two.prefix}processes`;
  const [silent = ""] = await two.redis.zrange(processes, "0", "-1");
  expect(await two.place("silent", 1)).toEqual({ full: "silent" });
  await two.redis.zincrby(processes, -4000, silent);
  expect(await two.place("silent", 1)).toEqual({ full: "silent" });
  await two.redis.zincrby(processes, -1000, silent);
  await two.mustHold("silent", 1);
  expect(await two.look("silent", 2)).toHaveProperty("release");
  one.clock.advance(1000);
  await expect.poll(() => two.look("silent", 2)).toEqual({ full: "silent" });
  expect(await two.stored("silent")).toEqual([1, 1]);
});

it("drops the counts of a process that has shown none for a minute", async () => {
  const [one, two] = await openTwo();
  await one.mustHold("dead", 1);
  const processes = `${two.prefix}processes`;
  const [dead = ""] = await two.redis.zrange(processes, "0", "-1");
  await two.redis.zincrby(processes, -59_000, dead);
  const held = await two.mustHold("dead", 1);
  expect(await two.stored("dead")).toEqual([1, 1]);
  await two.redis.zincrby(processes, -1001, dead);
  held.release();
  await two.mustHold("dead", 1);
  expect(await two.stored("dead")).toEqual([1]);
  two.clock.advance(1000);
  await expect.poll(() => two.redis.zcard(processes)).toBe(1);
});

it("a process whose counts were dropped writes them down as soon as it learns of it", async () => {
  const [one, two] = await openTwo((await startOwnRedis()).url);
  await one.mustHold("dropped", 1);
  await two.redis.flushdb();
  await two.mustHold("dropped", 1);
  await one.mustHold("another", 1);
  await expect.poll(() => two.stored("dropped")).toEqual([1, 1]);
});

it("mends what Redis has wrong within ten seconds", async () => {
  const { mustHold, place, redis, prefix, clock, stored, settled } = await openProcess();
  await mustHold("wrong", 9);
  await mustHold("wrong", 9);
  const [name = ""] = await redis.hkeys(`${prefix}of:wrong`);
  await redis.hset(`${prefix}of:wrong`, name, 9);
  expect(await place("wrong", 9)).toEqual({ full: "wrong" });
  for (let second = 0; second < 10; second += 1) {
    clock.advance(1000);
    await expect.poll(() => clock.timers).toBe(1);
  }
  await settled();
  expect(await stored("wrong")).toEqual([2]);
});

it("counts at least what it holds itself, whatever Redis has lost", async () => {
  const { mustHold, place, redis, prefix, settled, stored } = await openProcess();
  const held = [await mustHold("lost", 2), await mustHold("lost", 2)];
  await redis.del(`${prefix}of:lost`);
  expect(await place("lost", 2)).toEqual({ full: "lost" });
  expect(await stored("lost")).toEqual([2]);
  await redis.del(`${prefix}of:lost`);
  for (const place of held) place.release();
  await settled();
  expect(await stored("lost")).toEqual([]); // and never below zero
  await mustHold("lost", 1);
});
