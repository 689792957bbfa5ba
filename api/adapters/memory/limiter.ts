import { takeFromWindow, type Window } from "../../core/limits.ts";
import type { Clock, Limiter } from "../../core/ports.ts";

/** How often keys that nobody uses any more are looked for. */
const sweepMs = 60_000;

export interface MemoryLimiter extends Limiter {
  /** How many keys it remembers. */
  readonly size: number;
}

/**
 * The limiter of a single process. Remembers the keys of the last minute and their windows, so its
 * memory is bounded by what it was asked within that time.
 */
export function createMemoryLimiter(clock: Clock): MemoryLimiter {
  const entries = new Map<string, { window: Window; idleAt: number }>();
  let nextSweep = clock.now() + sweepMs;

  function dropIdle(now: number): void {
    for (const [key, entry] of entries) if (entry.idleAt <= now) entries.delete(key);
    nextSweep = now + sweepMs;
  }

  return {
    async take(key, limit) {
      const now = clock.now();
      if (now >= nextSweep) dropIdle(now);
      const entry = entries.get(key) ?? { window: [], idleAt: now };
      const decision = takeFromWindow(entry.window, limit, now);
      if (decision.allowed) entry.idleAt = now + limit.windowMs;
      if (entry.window.length > 0) entries.set(key, entry);
      return decision;
    },
    get size() {
      return entries.size;
    },
  };
}
