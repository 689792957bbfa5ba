import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CountedWindow, LimitDecision, Limiter } from "../../api/core/limits/limiter.ts";

export interface LimiterHarness {
  readonly limiter: Limiter;
  /** Milliseconds, of any beginning. */
  now(): number;
  /** Lets time go by. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** A decision, made at some moment between two that the test knows. */
interface Observed extends LimitDecision {
  readonly from: number;
  readonly to: number;
}

/** The clocks of test and limiter may read differently by this. */
const toleranceMs = 1;

/** What every Limiter guarantees. @param windowMs how long a window this harness can wait for. */
export function limiterContract(
  name: string,
  open: () => Promise<LimiterHarness>,
  windowMs = 500,
): void {
  describe(`${name}: the limiter`, () => {
    let harness: LimiterHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    async function take(key: string, limit: number, length = windowMs): Promise<Observed> {
      const from = harness.now();
      const [decision] = await harness.limiter.take([{ key, limit, windowMs: length }]);
      if (!decision) throw new Error("A window without a decision");
      return { ...decision, from, to: harness.now() };
    }
    const takeMany = (count: number, key: string, limit: number, length = windowMs) =>
      Promise.all(Array.from({ length: count }, () => take(key, limit, length)));

    it("lets exactly 70 of 500 concurrent ones through", async () => {
      const decisions = await takeMany(500, "concurrent", 70, 60_000);
      const allowed = decisions.filter((decision) => decision.allowed);
      expect(allowed.map(({ used }) => used)).toEqual(
        Array.from({ length: 70 }, (_, index) => index + 1),
      );
      const refused = decisions.filter((decision) => !decision.allowed);
      expect(refused).toHaveLength(430);
      expect(new Set(refused.map(({ used }) => used))).toEqual(new Set([70]));
    });

    it("never lets more than the limit through in any window, wherever it begins", async () => {
      const limit = 7;
      const allowed: Observed[] = [];
      const begin = harness.now();
      for (let step = 0; harness.now() - begin < 4 * windowMs; step += 1) {
        const decisions = await takeMany((step * 7) % 11, "edge", limit);
        allowed.push(...decisions.filter((decision) => decision.allowed));
        await harness.pass(windowMs / 24);
      }
      expect(allowed.length).toBeGreaterThan(2 * limit);
      expect(findShortestSpan(allowed, limit + 1)).toBeGreaterThanOrEqual(windowMs - toleranceMs);
    });

    it("counts no refused one", async () => {
      expect((await takeMany(20, "refused", 3)).filter(({ allowed }) => allowed)).toHaveLength(3);
      await harness.pass(windowMs / 2);
      await takeMany(20, "refused", 3);
      await harness.pass(windowMs / 2 + toleranceMs);
      expect((await takeMany(3, "refused", 3)).every(({ allowed }) => allowed)).toBe(true);
    });

    it("says truly when one more is allowed", async () => {
      await take("retry", 2);
      await harness.pass(windowMs / 3);
      await take("retry", 2);
      const refused = await take("retry", 2);
      if (refused.allowed)
        throw new Error("Too much time went by: the window is too short for this machine");
      expect(refused.retryMs).toBeGreaterThan(0);
      expect(refused.retryMs).toBeLessThanOrEqual(windowMs);
      let next = refused;
      while (!next.allowed) {
        await harness.pass(windowMs / 30);
        next = await take("retry", 2);
        if (!next.allowed)
          expect(next.from - refused.to).toBeLessThan(refused.retryMs + toleranceMs);
      }
      expect(next.to - refused.from).toBeGreaterThanOrEqual(refused.retryMs - toleranceMs);
    });

    it("tells how many are used, and when the oldest of them leaves", async () => {
      const first = await take("headers", 3, 60_000);
      expect(first).toMatchObject({ allowed: true, used: 1, retryMs: 0, resetMs: 60_000 });
      await harness.pass(10);
      const second = await take("headers", 3, 60_000);
      expect(second).toMatchObject({ allowed: true, used: 2, retryMs: 0 });
      expect(second.resetMs).toBeLessThanOrEqual(60_000 - 10 + toleranceMs);
      expect(second.resetMs).toBeGreaterThanOrEqual(
        60_000 - (second.to - first.from) - toleranceMs,
      );
    });

    it("counts in all windows or in none, also of many at once", async () => {
      const windows = (person: number): CountedWindow[] => [
        { key: "all:tenant", limit: 30, windowMs: 60_000 },
        { key: `all:person ${person}`, limit: 7, windowMs: 50_000 },
        { key: "all:address", limit: 25, windowMs: 40_000 },
      ];
      const asked = Array.from({ length: 120 }, (_, i) => i % 3);
      const answers = await Promise.all(
        asked.map(async (person) => ({
          person,
          decisions: await harness.limiter.take(windows(person)),
        })),
      );
      const passed = answers.filter(({ decisions }) => decisions.every(({ allowed }) => allowed));
      expect(Object.values(Object.groupBy(passed, ({ person }) => person))).toMatchObject([
        { length: 7 },
        { length: 7 },
        { length: 7 },
      ]);
      // Had refused ones been counted in the windows with room, these would be full.
      expect(answers.at(-1)?.decisions).toMatchObject([
        { allowed: true, used: 21, retryMs: 0 },
        { allowed: false, used: 7, retryMs: expect.any(Number) },
        { allowed: true, used: 21, retryMs: 0 },
      ]);
      const others = await Promise.all(
        Array.from({ length: 10 }, (_, i) => harness.limiter.take(windows(10 + i))),
      );
      const isAllowed = others.map((decisions) => decisions.map(({ allowed }) => allowed));
      expect(isAllowed.filter((all) => all.every(Boolean))).toHaveLength(4);
      expect(isAllowed.slice(4)).toEqual(Array.from({ length: 6 }, () => [true, true, false]));
    });

    it("lets nothing through when only the last of its windows is full, and counts it nowhere", async () => {
      const [free, full] = ["none:free", "none:full"].map((key) => ({
        key,
        limit: 2,
        windowMs: 60_000,
      }));
      if (!free || !full) throw new Error("Two windows");
      await harness.limiter.take([full]);
      await harness.limiter.take([full]);
      for (let n = 0; n < 5; n += 1) {
        const [first, second] = await harness.limiter.take([free, full]);
        expect(first).toEqual({ allowed: true, used: 0, resetMs: 0, retryMs: 0 });
        expect(second).toMatchObject({ allowed: false, used: 2 });
      }
      expect(await harness.limiter.take([free])).toMatchObject([{ allowed: true, used: 1 }]);
    });

    it("keeps keys apart", async () => {
      const keys = ["a", "a:b", "a b", "ä", "{a}", "A", "a\n", "k".repeat(300)];
      for (const key of keys)
        expect((await take(`apart:${key}`, 1, 60_000)).allowed, key).toBe(true);
      for (const key of keys)
        expect((await take(`apart:${key}`, 1, 60_000)).allowed, key).toBe(false);
    });

    it("lets nothing through at a limit of 0", async () => {
      const decision = await take("none", 0, 60_000);
      expect(decision).toMatchObject({ allowed: false, used: 0 });
      expect(decision.retryMs).toBeGreaterThan(0);
      expect((await take("none", 1, 60_000)).allowed).toBe(true);
      expect(await take("none", 0, 60_000)).toMatchObject({ allowed: false, used: 1 });
    });

    it("takes a changed limit at once", async () => {
      await takeMany(2, "changed", 5);
      await harness.pass(windowMs / 4);
      await takeMany(3, "changed", 5);
      // Three have to leave, the last of which came later.
      const lowered = await take("changed", 3);
      expect(lowered).toMatchObject({ allowed: false, used: 5 });
      await harness.pass(lowered.retryMs + toleranceMs);
      expect((await take("changed", 3)).allowed).toBe(true);
      await takeMany(2, "raised", 2, 60_000);
      expect((await take("raised", 2, 60_000)).allowed).toBe(false);
      expect(await take("raised", 3, 60_000)).toMatchObject({ allowed: true, used: 3 });
    });
  });
}

/** The shortest time in which `count` of the decisions can have been made, at most. */
function findShortestSpan(decisions: readonly Observed[], count: number): number {
  let shortest = Infinity;
  for (const first of decisions) {
    const later = decisions
      .filter(({ from }) => from >= first.from)
      .toSorted((a, b) => a.to - b.to);
    const last = later[count - 1];
    if (last) shortest = Math.min(shortest, last.to - first.from);
  }
  return shortest;
}
