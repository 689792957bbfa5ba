import { afterEach, expect, inject, it } from "vitest";
import { connectRedis } from "../../../api/adapters/redis/connect.ts";
import { createWakeUps } from "../../../api/adapters/redis/wake-ups.ts";
import { createBell } from "../../contracts/turn-streams-events.ts";
import { createManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.close();
});

async function open() {
  const connection = await connectRedis({ url: inject("redis").url }, createRecordingLogger());
  opened.push(connection);
  const clock = createManualClock();
  const { redis, subscriber } = connection;
  const wakeUps = createWakeUps({ publisher: redis, subscriber, clock });
  const countSubscribers = async (channel: string) => (await redis.pubsub("NUMSUB", channel))[1];
  return { ...connection, wakeUps, clock, countSubscribers };
}

const makeChannel = () => `test:${crypto.randomUUID()}`;

it("needs one subscription for all who watch a channel, and none after the last", async () => {
  const { wakeUps, countSubscribers } = await open();
  const channel = makeChannel();
  const bells = Array.from({ length: 20 }, createBell);
  const leave = await Promise.all(bells.map((bell) => wakeUps.watch(channel, bell.ring)));
  expect(await countSubscribers(channel)).toBe(1);
  await wakeUps.publish(channel);
  await Promise.all(bells.map((bell) => bell.rung(1)));
  for (const one of leave.slice(1)) one();
  await wakeUps.publish(channel);
  await bells[0]?.rung(2);
  expect(bells.slice(1).every(({ count }) => count === 1)).toBe(true);
  leave[0]?.();
  await expect.poll(() => countSubscribers(channel)).toBe(0);
});

it("hears a channel that is left and watched again at once", async () => {
  const { wakeUps } = await open();
  const channel = makeChannel();
  for (let round = 0; round < 20; round += 1) {
    const bell = createBell();
    const leave = await wakeUps.watch(channel, bell.ring);
    await wakeUps.publish(channel);
    await bell.rung(1);
    leave();
  }
});

it("leaves no timer behind once nobody watches", async () => {
  const { wakeUps, clock, subscriber } = await open();
  const leave = await wakeUps.watch(makeChannel(), () => {});
  const leaveOther = await wakeUps.watch(makeChannel(), () => {});
  expect(clock.timers).toBe(1);
  clock.advance(5000);
  await subscriber.client.ping();
  expect(clock.timers).toBe(1);
  leave();
  expect(clock.timers).toBe(1);
  leaveOther();
  expect(clock.timers).toBe(0);
});

it("leaves no timer behind once it is closed", async () => {
  const { wakeUps, clock, close } = await open();
  const leave = await wakeUps.watch(makeChannel(), () => {});
  await close();
  expect(clock.timers).toBe(0);
  leave();
  const refused = wakeUps.watch(makeChannel(), () => {});
  clock.advance(1000);
  await expect(refused).rejects.toThrow(Error);
  expect(clock.timers).toBe(0);
});
