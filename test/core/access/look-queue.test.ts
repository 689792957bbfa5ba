import { beforeEach, describe, expect, test } from "vitest";
import {
  createLookQueue,
  maxLooks,
  pausesMs,
  type LookQueue,
} from "../../../api/core/access/look-queue.ts";
import { createManualClock, settle, type ManualClock } from "../../support/clock.ts";

let clock: ManualClock;
let looked: number[];
let closed: Set<number>;
let stalls: number[];
/** What a look comes to. */
let answer: (item: number) => Promise<unknown>;
let queue: LookQueue<number>;

beforeEach(() => {
  clock = createManualClock();
  looked = [];
  closed = new Set();
  stalls = [];
  answer = () => Promise.resolve();
  queue = createLookQueue<number>({
    clock,
    look(item) {
      looked.push(item);
      return answer(item);
    },
    isWanted: (item) => !closed.has(item),
    onStall: (item) => void stalls.push(item),
  });
});

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);
const fail = () => Promise.reject(new Error("Away"));

function add(items: readonly number[]): void {
  for (const item of items) queue.add(item);
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

describe("looks", () => {
  test("are made in order, so many at a time", async () => {
    const waiting: (() => void)[] = [];
    answer = () => new Promise<void>((resolve) => waiting.push(resolve));
    add(numbers(1, 50));
    expect(looked).toEqual(numbers(1, maxLooks));
    for (const finish of waiting.splice(0, 3)) finish();
    await settle();
    expect(looked).toEqual(numbers(1, maxLooks + 3));
    while (waiting.length > 0) {
      waiting.pop()?.();
      await settle();
    }
    expect(looked).toEqual(numbers(1, 50));
    expect(clock.timers).toBe(0);
  });

  test("are made once for what waits already, in its old place, and again for what is under way", async () => {
    const waiting: (() => void)[] = [];
    answer = () => new Promise<void>((resolve) => waiting.push(resolve));
    add([...numbers(1, maxLooks + 2), maxLooks + 1, 1]);
    for (const finish of waiting) finish();
    await settle();
    expect(looked).toEqual([...numbers(1, maxLooks + 2), 1]);
  });

  test("aren't made of what was deleted", async () => {
    const waiting: (() => void)[] = [];
    answer = () => new Promise<void>((resolve) => waiting.push(resolve));
    add(numbers(1, maxLooks + 2));
    queue.delete(maxLooks + 1);
    for (const finish of waiting) finish();
    await settle();
    expect(looked).toEqual([...numbers(1, maxLooks), maxLooks + 2]);
  });
});

describe("when looks fail", () => {
  beforeEach(async () => {
    answer = fail;
    add(numbers(1, 5000));
    await settle();
  });

  test("those under way are all that was tried, and it is said once", () => {
    expect(looked).toEqual(numbers(1, maxLooks));
    expect([stalls, clock.timers]).toEqual([[1], 1]);
  });

  test("one is tried after a second, and after twice as long each time, up to 15 seconds", async () => {
    for (const [count, seconds] of [1, 2, 4, 8, 15, 15, 15].entries()) {
      await pass(seconds * 1000 - 1);
      expect(looked).toHaveLength(maxLooks + count);
      await pass(1);
      expect(looked).toHaveLength(maxLooks + count + 1);
    }
    expect([stalls, clock.timers]).toEqual([[1], 1]);
    // Each another one, and those that were tried come behind the others.
    expect(looked).toEqual(numbers(1, maxLooks + 7));
  });

  test("all others follow when it succeeds, in order, and each is looked at to the end", async () => {
    answer = () => Promise.resolve();
    await pass(pausesMs.first);
    const rest = [...numbers(maxLooks + 1, 5000), ...numbers(1, maxLooks)];
    expect(looked.slice(maxLooks)).toEqual(rest);
    expect(clock.timers).toBe(0);
  });

  test("what comes meanwhile waits too, and the pause begins anew after a success", async () => {
    await pass(1000);
    await pass(2000);
    queue.add(6000);
    expect(looked).not.toContain(6000);
    answer = (item) => (item === 100 ? fail() : Promise.resolve());
    await pass(4000);
    expect(looked).toContain(100);
    expect(looked).not.toContain(6000);
    expect([stalls, clock.timers]).toEqual([[1, 100], 1]);
    answer = () => Promise.resolve();
    await pass(1000);
    expect(looked).toContain(6000);
    expect(looked.at(-1)).toBe(100);
    expect(clock.timers).toBe(0);
  });

  test("what is deleted isn't tried again, and nothing waits when all is", async () => {
    for (const item of numbers(1, 5000)) {
      closed.add(item);
      queue.delete(item);
    }
    expect(clock.timers).toBe(0);
    answer = () => Promise.resolve();
    queue.add(7000);
    expect(looked.slice(maxLooks)).toEqual([7000]);
  });
});

test("what is closed while its look is under way isn't tried again", async () => {
  const failing = Promise.withResolvers<never>();
  answer = () => failing.promise;
  queue.add(1);
  closed.add(1);
  queue.delete(1);
  failing.reject(new Error("Away"));
  await settle();
  expect([looked, clock.timers]).toEqual([[1], 0]);
});

test("so is what is closed while it is the one that is tried", async () => {
  answer = fail;
  queue.add(1);
  await settle();
  const probe = Promise.withResolvers<never>();
  answer = () => probe.promise;
  await pass(1000);
  closed.add(1);
  queue.delete(1);
  probe.reject(new Error("Away"));
  await settle();
  expect([looked, clock.timers]).toEqual([[1, 1], 0]);
  answer = () => Promise.resolve();
  queue.add(2);
  expect(looked).toEqual([1, 1, 2]);
});

test("one that fails for ever keeps none of the others from its turn for longer than a pause", async () => {
  answer = (item) => (item < 0 ? fail() : Promise.resolve());
  add([-1, -2, -3]);
  await settle();
  for (let count = 0; count < 10; count += 1) await pass(pausesMs.longest);
  queue.add(1);
  await pass(pausesMs.longest);
  expect(looked).toContain(1);
});
