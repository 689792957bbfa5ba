import type { Limiter } from "../../core/limits/limiter.ts";
import { takeFromWindows, type Window } from "../../core/limits/limits.ts";
import type { Clock } from "../../core/ports.ts";

/** How often keys that nobody uses any more are looked for. */
const sweepMs = 60_000;

export interface MemoryLimiter extends Limiter {
  /** How many keys it remembers. */
  readonly size: number;
}

interface Entry {
  readonly window: Window;
  idleAt: number;
}

/** The limiter of a single process. Remembers a key for as long as its window has something in it, and a minute. */
export function createMemoryLimiter(clock: Clock): MemoryLimiter {
  const entries = new Map<string, Entry>();
  let nextSweep = clock.now() + sweepMs;

  function dropIdle(now: number): void {
    for (const [key, entry] of entries) if (entry.idleAt <= now) entries.delete(key);
    nextSweep = now + sweepMs;
  }

  return {
    async take(windows) {
      const now = clock.now();
      if (now >= nextSweep) dropIdle(now);
      const taken = windows.map((window) => {
        const entry: Entry = entries.get(window.key) ?? { window: [], idleAt: now };
        return { ...window, entry };
      });
      const decisions = takeFromWindows(
        taken.map(({ entry, ...limit }) => [entry.window, limit]),
        now,
      );
      if (decisions.every(({ allowed }) => allowed)) {
        for (const { key, windowMs, entry } of taken) {
          entry.idleAt = now + windowMs;
          entries.set(key, entry);
        }
      }
      return decisions;
    },
    get size() {
      return entries.size;
    },
  };
}
