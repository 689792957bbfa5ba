import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConnectionCounter, CountedPlaces, HeldPlace } from "../../api/core/limits/limiter.ts";

export interface ConnectionsHarness {
  /** Of one process each, which count together. */
  readonly counters: readonly ConnectionCounter[];
  /** Waits until what was given back is free for all. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

type Outcome = HeldPlace | { readonly full: string };

const isHeld = (outcome: Outcome): outcome is HeldPlace => "release" in outcome;

/** What every ConnectionCounter guarantees. */
export function connectionsContract(name: string, open: () => Promise<ConnectionsHarness>): void {
  describe(`${name}: the connection counter`, () => {
    let harness: ConnectionsHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    const at = (n: number): ConnectionCounter => {
      const counter = harness.counters[n % harness.counters.length];
      if (!counter) throw new Error("A harness without a counter");
      return counter;
    };
    const hold = (n: number, ...places: CountedPlaces[]) => at(n).hold(places);
    /** At all processes by turns, at once. */
    const holdMany = (count: number, ...places: CountedPlaces[]) =>
      Promise.all(Array.from({ length: count }, (_, n) => hold(n, ...places)));
    async function release(places: readonly Outcome[]): Promise<void> {
      for (const place of places.filter(isHeld)) place.release();
      await harness.settle();
    }

    it("gives exactly 70 of 500 that ask at once a place, and as many again as give theirs back", async () => {
      const place = { key: "concurrent", limit: 70 };
      const first = await holdMany(500, place);
      const held = first.filter(isHeld);
      expect(held).toHaveLength(70);
      expect(first.filter((one) => !isHeld(one))).toEqual(
        Array.from({ length: 430 }, () => ({ full: "concurrent" })),
      );
      await release(held.slice(0, 30));
      expect((await holdMany(500, place)).filter(isHeld)).toHaveLength(30);
    });

    it("holds a place in each or in none, also of many at once", async () => {
      const places = (person: number) => [
        { key: "all:tenant", limit: 30 },
        { key: `all:person ${person}`, limit: 7 },
        { key: "all:address", limit: 25 },
      ];
      const outcomes = await Promise.all(
        Array.from({ length: 120 }, (_, n) => hold(n, ...places(n % 3))),
      );
      const held = outcomes.filter(isHeld);
      expect(held).toHaveLength(21);
      // Had refused ones been counted where there was room, the tenant and the address would be full.
      const others = await Promise.all(
        Array.from({ length: 6 }, (_, n) => hold(n, ...places(10 + n))),
      );
      expect(others.filter(isHeld)).toHaveLength(4);
      expect(others.filter((one) => !isHeld(one))).toEqual([
        { full: "all:address" },
        { full: "all:address" },
      ]);
      await release([...held, ...others]);
      expect((await holdMany(60, ...places(99))).filter(isHeld)).toHaveLength(7);
    });

    it("names the first that is full", async () => {
      const [a, b] = [
        { key: "named:a", limit: 1 },
        { key: "named:b", limit: 1 },
      ];
      await hold(0, a);
      await hold(1, b);
      expect(await hold(2, a, b)).toEqual({ full: "named:a" });
      expect(await hold(3, b, a)).toEqual({ full: "named:b" });
      expect(await hold(4, { key: "named:free", limit: 1 }, b)).toEqual({ full: "named:b" });
    });

    it("takes a place back once, however often it is given", async () => {
      const place = { key: "once", limit: 2 };
      const [first, second] = await holdMany(2, place);
      if (!first || !second) throw new Error("Two outcomes");
      await release([first, first, first]);
      await release([first]);
      expect((await holdMany(10, place)).filter(isHeld)).toHaveLength(1);
    });

    it("takes a changed limit at once", async () => {
      const held = await holdMany(5, { key: "changed", limit: 5 });
      expect(await hold(0, { key: "changed", limit: 3 })).toEqual({ full: "changed" });
      await release(held.slice(0, 2));
      expect(await hold(1, { key: "changed", limit: 3 })).toEqual({ full: "changed" });
      await release(held.slice(2, 3));
      expect(isHeld(await hold(0, { key: "changed", limit: 3 }))).toBe(true);
      expect(isHeld(await hold(1, { key: "changed", limit: 4 }))).toBe(true);
    });

    it("has no place where the limit is 0", async () => {
      expect(await hold(0, { key: "none", limit: 0 })).toEqual({ full: "none" });
      expect(isHeld(await hold(0, { key: "none", limit: 1 }))).toBe(true);
    });

    it("keeps keys apart", async () => {
      const keys = ["a", "a:b", "a b", "ä", "{a}", "A", "a\n", "processes", "k".repeat(300)];
      const places = keys.map((key) => ({ key: `apart:${key}`, limit: 1 }));
      for (const [n, place] of places.entries())
        expect(isHeld(await hold(n, place)), place.key).toBe(true);
      for (const [n, place] of places.entries())
        expect(await hold(n, place)).toEqual({ full: place.key });
    });

    it("is right about every place, whatever is held and given back in whatever order", async () => {
      const step = fc.oneof(
        {
          weight: 3,
          arbitrary: fc.record({
            process: fc.nat(3),
            keys: fc.subarray(["t", "p", "q", "a"], { minLength: 1 }),
            limit: fc.integer({ min: 0, max: 4 }),
          }),
        },
        { weight: 2, arbitrary: fc.record({ giveBack: fc.nat(50) }) },
      );
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          run += 1;
          const held: { place: HeldPlace; keys: readonly string[] }[] = [];
          const countOf = (key: string) => held.filter(({ keys }) => keys.includes(key)).length;
          for (const one of steps) {
            if ("giveBack" in one) {
              const [given] = held.splice(one.giveBack % Math.max(1, held.length), 1);
              if (given) await release([given.place]);
              continue;
            }
            const keys = one.keys.map((key) => `run ${run}:${key}`);
            const full = keys.find((key) => countOf(key) >= one.limit);
            const outcome = await hold(
              one.process,
              ...keys.map((key) => ({ key, limit: one.limit })),
            );
            if (isHeld(outcome)) held.push({ place: outcome, keys });
            expect(isHeld(outcome) ? undefined : outcome.full).toBe(full);
          }
          await release(held.map(({ place }) => place));
        }),
        { numRuns: 60 },
      );
    });
  });
}
