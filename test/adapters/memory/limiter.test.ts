import fc from "fast-check";
import { expect, it } from "vitest";
import { createMemoryLimiter } from "../../../api/adapters/memory/limiter.ts";
import { limiterContract } from "../../contracts/limiter.ts";
import { createManualClock } from "../../support/clock.ts";

limiterContract("memory", async () => {
  const clock = createManualClock();
  return {
    limiter: createMemoryLimiter(clock),
    now: () => clock.now(),
    pass: async (ms) => clock.advance(ms),
    close: async () => clock.advance(0),
  };
});

it("forgets keys that nobody uses any more", async () => {
  const clock = createManualClock();
  const limiter = createMemoryLimiter(clock);
  for (let key = 0; key < 1000; key += 1)
    await limiter.take([{ key: `key ${key}`, limit: 5, windowMs: 1000 }]);
  await limiter.take([{ key: "long", limit: 5, windowMs: 3_600_000 }]);
  expect(limiter.size).toBe(1001);
  clock.advance(120_000);
  await limiter.take([{ key: "new", limit: 5, windowMs: 1000 }]);
  expect(limiter.size).toBe(2);
});

it("doesn't remember keys that were refused only", async () => {
  const limiter = createMemoryLimiter(createManualClock());
  for (let key = 0; key < 100; key += 1)
    await limiter.take([{ key: `key ${key}`, limit: 0, windowMs: 1000 }]);
  expect(limiter.size).toBe(0);
});

it("forgets no count while it drops keys, whatever the windows", async () => {
  const step = fc.record({
    key: fc.constantFrom("a", "b"),
    pause: fc.constantFrom(0, 1, 30_000, 60_000, 90_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = createManualClock();
      const limiter = createMemoryLimiter(clock);
      const windows = { a: 200_000, b: 10 };
      const taken: { key: string; at: number }[] = [];
      for (const { key, pause } of steps) {
        clock.advance(pause);
        const windowMs = windows[key === "a" ? "a" : "b"];
        const inWindow = taken.filter(
          (one) => one.key === key && one.at > clock.now() - windowMs,
        ).length;
        const [decision] = await limiter.take([{ key, limit: 2, windowMs }]);
        expect(decision?.allowed).toBe(inWindow < 2);
        if (decision?.allowed) taken.push({ key, at: clock.now() });
      }
    }),
  );
});
