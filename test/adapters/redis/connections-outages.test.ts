import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, inject, it, vi } from "vitest";
import { settle } from "../../support/clock.ts";
import { opened, openProcess, openTwo, startOwnRedis, type Process } from "./counting.ts";

/** Lets seconds go by until it is so. */
async function passUntil(
  processes: readonly Process[],
  isSo: () => Promise<unknown>,
  wanted: unknown,
) {
  const look = async () => {
    for (const { clock } of processes) clock.advance(1000);
    return isSo();
  };
  await expect.poll(look, { timeout: 15_000, interval: 50 }).toEqual(wanted);
}

/** Holds that many places in a process of its own. */
async function startHolding(
  { prefix }: Process,
  key: string,
  count: number,
): Promise<ChildProcess> {
  const program = join(import.meta.dirname, "counting-process.ts");
  const args = [inject("redis").url, prefix, key, String(count)];
  const child = fork(program, args, { execArgv: [] });
  opened.push({ close: async () => void child.kill("SIGKILL") });
  expect(await once(child, "message")).toEqual(["holding", undefined]);
  return child;
}

it(
  "the places of a killed process come back within ten seconds, and those of others stay",
  { timeout: 30_000 },
  async () => {
    const one = await openProcess();
    const living = await startHolding(one, "living", 1);
    const killed = await startHolding(one, "killed", 3);
    expect(await one.place("killed", 3)).toEqual({ full: "killed" });
    killed.kill("SIGKILL");
    await expect
      .poll(() => one.place("killed", 3), { timeout: 10_000, interval: 50 })
      .toHaveProperty("release");
    await one.mustHold("killed", 3);
    await one.mustHold("killed", 3);
    expect(await one.place("killed", 3)).toEqual({ full: "killed" });

    expect(await one.place("living", 1)).toEqual({ full: "living" });
    living.send("leave");
    expect(await once(living, "exit")).toEqual([0, null]);
    await one.mustHold("living", 1);
  },
);

it("those of a frozen one too, until it comes back", { timeout: 30_000 }, async () => {
  const one = await openProcess();
  const child = await startHolding(one, "frozen", 2);
  child.kill("SIGSTOP");
  await expect
    .poll(() => one.place("frozen", 2), { timeout: 15_000, interval: 50 })
    .toHaveProperty("release");
  child.kill("SIGCONT");
  await expect
    .poll(() => one.look("frozen", 3), { timeout: 10_000, interval: 50 })
    .toEqual({ full: "frozen" });
  expect(await one.stored("frozen")).toEqual([1, 2]);
  child.send("leave");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(await one.stored("frozen")).toEqual([1]);
});

it("an emptied Redis has all counts again within a second", async () => {
  const [one, two] = await openTwo((await startOwnRedis()).url);
  for (const process of [one, one, two]) await process.mustHold("emptied", 3);
  await one.redis.flushall();
  for (const { clock } of [one, two]) clock.advance(1000);
  await expect.poll(() => one.stored("emptied")).toEqual([1, 2]);
  expect(await two.place("emptied", 3)).toEqual({ full: "emptied" });
});

it("while Redis is away a process goes by its own count at once, and all is right when it is back", async () => {
  const server = await startOwnRedis();
  const [one, two] = await openTwo(server.url);
  const held = [await one.mustHold("away", 4), await one.mustHold("away", 4)];
  await two.mustHold("away", 4);
  const cut = Promise.all(
    [one, two].map(({ redis }) => new Promise((resolve) => redis.once("close", resolve))),
  );
  server.kill("SIGKILL");
  await cut;
  held.push(await one.mustHold("away", 4), await one.mustHold("away", 4));
  expect(await one.place("away", 4)).toEqual({ full: "away" });
  held.shift()?.release();
  await one.mustHold("away", 4);
  expect(await one.place("away", 4)).toEqual({ full: "away" });
  // Not a moment went by, and no decision waits for one.
  expect(one.logger.lines.filter(({ text }) => text.includes("does not count"))).toHaveLength(1);

  const back = Promise.all(
    [one, two].map(({ redis }) => new Promise((resolve) => redis.once("ready", resolve))),
  );
  await server.restart();
  await back;
  await passUntil([two], () => two.stored("away"), [1]);
  await passUntil([one], () => one.stored("away"), [1, 4]);
  expect(await two.place("away", 5)).toEqual({ full: "away" });
});

it("a frozen Redis is waited for 100 ms, and what it did late is mended", async () => {
  const server = await startOwnRedis();
  const [one, two] = await openTwo(server.url);
  await one.mustHold("late", 2);
  await two.mustHold("late", 2);
  server.kill("SIGSTOP");
  const asked = [one.place("late", 2), one.place("late", 2)];
  let isDecided = false;
  void Promise.allSettled(asked).then(() => (isDecided = true));
  one.clock.advance(99);
  await settle();
  await settle();
  expect(isDecided).toBe(false);
  one.clock.advance(1);
  const [second, third] = await Promise.all(asked);
  expect(second).toHaveProperty("release");
  expect(third).toEqual({ full: "late" });
  server.kill("SIGCONT");
  // Redis knows that both are full, and comes too late to say so.
  await one.settled();
  expect(await one.stored("late")).toEqual([1, 1]);
  one.clock.advance(1000);
  await expect.poll(() => one.stored("late")).toEqual([1, 2]);
});

it("nothing drifts, however often Redis comes and goes", { timeout: 60_000 }, async () => {
  const server = await startOwnRedis();
  const [one, two] = await openTwo(server.url);
  const held = [one, two].map(() => new Array<{ release(): void }>());
  for (let round = 0; round < 6; round += 1) {
    const asking = Array.from({ length: 40 }, async (_, n) => {
      if (n === 10) await one.redis.call("CLIENT", "KILL", "TYPE", "normal").catch(() => undefined);
      if (n % 4 === 3) return held[n % 2]?.shift()?.release();
      const place = await [one, two][n % 2]?.place("drift", 30);
      if (place && "release" in place) held[n % 2]?.push(place);
    });
    await Promise.all(asking);
    if (round % 2 === 1) await two.redis.flushall().catch(() => undefined);
  }
  const counts = held.map(({ length }) => length).toSorted((a, b) => a - b);
  expect(Math.max(...counts)).toBeGreaterThan(0);
  await passUntil(
    [one, two],
    () => one.stored("drift").catch(() => undefined),
    counts.filter(Boolean),
  );
});

/** Makes Redis think that it has heard nothing of anyone for so long. */
async function age({ redis, prefix }: Process, ms: number) {
  const processes = `${prefix}processes`;
  for (const name of await redis.zrange(processes, "0", "-1"))
    await redis.zincrby(processes, -ms, name);
}

/** Closes the connection; what was sent stays with Redis, and its answers get lost. */
async function hangUp({ redis }: Process) {
  const closed = once(redis, "close");
  redis.disconnect(true);
  await closed;
}

const ready = ({ redis }: Process) => new Promise<void>((done) => redis.once("ready", done));

it("a Redis that stood still for long counts all as soon as it goes on", async () => {
  const server = await startOwnRedis();
  const [one, two] = await openTwo(server.url);
  for (let count = 0; count < 3; count += 1) await one.mustHold("woken", 3);
  await two.mustHold("other", 3);
  await age(two, 6000);
  server.kill("SIGSTOP");
  const alone = two.place("woken", 3);
  two.clock.advance(100);
  expect(await alone).toHaveProperty("release");
  one.clock.advance(1000);
  for (const process of [one, two]) await hangUp(process);
  const back = Promise.all([one, two].map(ready));
  server.kill("SIGCONT");
  await back;
  // It has read the old step of the one, and the sign of life of the other; their answers reached nobody.
  expect(await two.stored("woken")).toEqual([1, 3]);
  expect(await two.place("woken", 4)).toEqual({ full: "woken" });
});

it("a step whose answer is lost is followed by all numbers", async () => {
  const server = await startOwnRedis();
  const [one, two] = await openTwo(server.url);
  for (let count = 0; count < 3; count += 1) await one.mustHold("unheard", 3);
  await two.redis.flushall();
  server.kill("SIGSTOP");
  one.clock.advance(1000);
  await hangUp(one);
  const back = ready(one);
  server.kill("SIGCONT");
  await back;
  // Redis knows the process again, and not what it holds.
  expect(await two.redis.zcard(`${one.prefix}processes`)).toBe(1);
  expect(await two.stored("unheard")).toEqual([]);
  one.clock.advance(1000);
  await expect.poll(() => two.stored("unheard")).toEqual([3]);
});

it("an answer that comes too late is listened to all the same", async () => {
  const server = await startOwnRedis();
  const [one, two] = await openTwo(server.url);
  for (let count = 0; count < 3; count += 1) await one.mustHold("late", 3);
  await two.redis.flushall();
  server.kill("SIGSTOP");
  const decided = one.place("another", 1);
  one.clock.advance(100);
  expect(await decided).toHaveProperty("release");
  server.kill("SIGCONT");
  // Not a moment more goes by.
  await expect.poll(() => two.stored("late")).toEqual([3]);
});

it("what was given back while Redis is away for long is forgotten, and nothing of it counts later", async () => {
  const server = await startOwnRedis();
  const [one, two] = await openTwo(server.url);
  await one.mustHold("kept", 2);
  const [old = ""] = await two.redis.zrange(`${one.prefix}processes`, "0", "-1");
  const gone = [await one.mustHold("gone", 1), await one.mustHold("gone too", 1)];
  // Another one keeps the key in Redis.
  await two.mustHold("gone", 2);
  server.kill("SIGSTOP");
  await hangUp(one);
  for (const place of gone) place.release();
  for (let second = 0; second < 62; second += 1) {
    one.clock.advance(1000);
    await expect.poll(() => one.clock.timers, { interval: 1 }).toBe(1);
  }
  const back = ready(one);
  server.kill("SIGCONT");
  await back;
  expect(await two.stored("gone")).toEqual([1, 1]);
  const steps = vi.spyOn(one.redis, "eval");
  one.clock.advance(1000);
  await expect.poll(() => two.stored("kept")).toEqual([1, 1]);
  // The processes, and the one key that is held.
  expect(steps.mock.calls.map(([, keys]) => keys)).toEqual([2]);
  expect(await two.stored("gone")).toEqual([1, 1]);
  // Under another name, so that the old one falls silent with what stands under it.
  await two.redis.zincrby(`${one.prefix}processes`, -5000, old);
  await two.mustHold("gone", 2);
  expect(await two.place("gone", 2)).toEqual({ full: "gone" });
  await two.mustHold("kept", 2);
  expect(await two.place("kept", 2)).toEqual({ full: "kept" });
});

it("a beat ends with the first step that fails", async () => {
  const server = await startOwnRedis();
  const one = await openProcess(server.url);
  const keys = Array.from({ length: 401 }, (_, n) => ({ key: `key ${n}`, limit: 1 }));
  expect(await one.counter.hold(keys)).toHaveProperty("release");
  server.kill("SIGSTOP");
  await hangUp(one);
  const steps = vi.spyOn(one.redis, "eval");
  for (let beat = 1; beat <= 12; beat += 1) {
    one.clock.advance(1000);
    await expect.poll(() => one.clock.timers, { interval: 1 }).toBe(1);
    expect(steps).toHaveBeenCalledTimes(beat);
  }
  const back = ready(one);
  server.kill("SIGCONT");
  await back;
  one.clock.advance(1000);
  await expect.poll(() => one.stored("key 400")).toEqual([1]);
  await expect.poll(() => steps.mock.calls.length).toBe(12 + 3);
});
