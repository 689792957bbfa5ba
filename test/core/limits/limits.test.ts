import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Limit, LimitDecision } from "../../../api/core/limits/limiter.ts";
import { refuse, takeFromWindows, type Window } from "../../../api/core/limits/limits.ts";

const pauses = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 5, 9, 10, 11, 30), { maxLength: 80 });
const limits = fc.record({
  limit: fc.integer({ min: 0, max: 5 }),
  windowMs: fc.constantFrom(1, 10, 17),
});

/** A decision over one window. */
function takeFromWindow(window: Window, limit: Limit, now: number): LimitDecision {
  const [decision] = takeFromWindows([[window, limit]], now);
  if (!decision) throw new Error("A window without a decision");
  return decision;
}

function run(plan: readonly number[], limit: { limit: number; windowMs: number }) {
  const window: Window = [];
  let now = 1000;
  const taken: (LimitDecision & { at: number })[] = [];
  for (const pause of plan) {
    now += pause;
    taken.push({ ...takeFromWindow(window, limit, now), at: now });
  }
  return { taken, window, now };
}

describe("a sliding window", () => {
  it("never holds more than the limit, wherever it begins", () => {
    fc.assert(
      fc.property(pauses, limits, (plan, limit) => {
        const allowed = run(plan, limit).taken.filter((one) => one.allowed);
        for (const { at } of allowed) {
          const within = allowed.filter((one) => one.at >= at && one.at < at + limit.windowMs);
          expect(within.length).toBeLessThanOrEqual(limit.limit);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("lets through whatever the window has room for", () => {
    fc.assert(
      fc.property(pauses, limits, (plan, limit) => {
        const { taken } = run(plan, limit);
        for (const [index, { allowed, at }] of taken.entries()) {
          const before = taken
            .slice(0, index)
            .filter((one) => one.allowed && one.at > at - limit.windowMs);
          expect(allowed).toBe(before.length < limit.limit);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("tells truly how many are used, when the oldest leaves and when one more is allowed", () => {
    fc.assert(
      fc.property(pauses, limits, (plan, limit) => {
        const { taken, window, now } = run(plan, limit);
        for (const { used } of taken) expect(used).toBeLessThanOrEqual(limit.limit);
        const last = taken.at(-1);
        if (!last) return;
        expect(last.used).toBe(window.length);
        if (last.used > 0) {
          expect(
            takeFromWindow([...window], { ...limit, limit: 0 }, now + last.resetMs - 1).used,
          ).toBe(last.used);
          expect(
            takeFromWindow([...window], { ...limit, limit: 0 }, now + last.resetMs).used,
          ).toBeLessThan(last.used);
        }
        if (last.allowed) expect(last.retryMs).toBe(0);
        else if (limit.limit === 0) expect(last.retryMs).toBe(limit.windowMs);
        else {
          expect(takeFromWindow([...window], limit, now + last.retryMs - 1).allowed).toBe(false);
          expect(takeFromWindow([...window], limit, now + last.retryMs).allowed).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("stays exact when the limit changes in between", () => {
    const changes = fc.array(fc.record({ pause: fc.constantFrom(0, 1, 4, 10), limit: fc.nat(4) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(changes, (plan) => {
        const window: Window = [];
        let now = 0;
        const allowed: number[] = [];
        for (const { pause, limit } of plan) {
          now += pause;
          const inWindow = allowed.filter((at) => at > now - 10).length;
          const decision = takeFromWindow(window, { limit, windowMs: 10 }, now);
          expect(decision.allowed).toBe(inWindow < limit);
          if (decision.allowed) allowed.push(now);
          else if (limit > 0) {
            const later = takeFromWindow(
              [...window],
              { limit, windowMs: 10 },
              now + decision.retryMs,
            );
            expect(later.allowed).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("several sliding windows", () => {
  const plans = fc.array(
    fc.record({
      pause: fc.constantFrom(0, 0, 0, 1, 3, 7, 12),
      windows: fc.subarray(["tenant", "person", "address"] as const, { minLength: 1 }),
    }),
    { maxLength: 80 },
  );
  const limitsOf = fc.record({ tenant: limits, person: limits, address: limits });

  it("count each one in all of them or in none, as the same windows one by one would have room", () => {
    fc.assert(
      fc.property(plans, limitsOf, (plan, limitOf) => {
        const kept = { tenant: [], person: [], address: [] } as Record<string, Window>;
        const counted: { at: number; in: readonly string[] }[] = [];
        let now = 1000;
        for (const { pause, windows } of plan) {
          now += pause;
          const usedIn = (name: (typeof windows)[number]) =>
            counted.filter((one) => one.in.includes(name) && one.at > now - limitOf[name].windowMs)
              .length;
          const used = windows.map(usedIn);
          const haveRoom = windows.map((name, i) => (used[i] ?? 0) < limitOf[name].limit);
          const isAllowed = haveRoom.every(Boolean);
          const decisions = takeFromWindows(
            windows.map((name) => [kept[name] ?? [], limitOf[name]]),
            now,
          );
          expect(decisions.map(({ allowed }) => allowed)).toEqual(haveRoom);
          expect(decisions.map((decision) => decision.used)).toEqual(
            used.map((count) => count + (isAllowed ? 1 : 0)),
          );
          for (const { allowed, retryMs } of decisions) expect(retryMs === 0).toBe(allowed);
          if (isAllowed) counted.push({ at: now, in: windows });
        }
      }),
      { numRuns: 500 },
    );
  });
});

it("a refusal says in whole seconds when to come back, of which there is at least one", () => {
  const after = (retryMs: number) =>
    refuse({ allowed: false, used: 1, resetMs: retryMs, retryMs }).retryAfter;
  expect([1, 999, 1000, 1001, 59_999.5].map(after)).toEqual([1, 1, 1, 2, 60]);
  expect(refuse({ allowed: false, used: 1, resetMs: 1, retryMs: 1 }).code).toBe(
    "RATE_LIMIT_EXCEEDED",
  );
});
