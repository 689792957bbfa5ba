import { inject } from "vitest";
import { patienceMs } from "../../api/adapters/redis/patience.ts";
import { systemClock } from "../../api/adapters/system/clock.ts";
import type { Clock } from "../../api/core/ports.ts";
import { startPlatform, type Platform } from "./platform.ts";

/** Two processes, as far as database and Redis can tell. */
export interface TwoPlatforms {
  readonly one: Platform;
  readonly two: Platform;
  /** For a further one on their database. */
  readonly env: Record<string, string>;
  /** The one or the other, by turns. */
  at(n: number): Platform;
  close(): Promise<void>;
}

/** Limits are on, and this machine stands for a proxy: X-Forwarded-For says who calls. */
const standard = { RATE_LIMIT_ENABLED: "true", TRUSTED_PROXIES: "loopback" };

/**
 * Waits longer for Redis: on a busy machine its answer may take more than the usual time, and then a process
 * rightly decides alone.
 */
const patientClock: Clock = {
  now: systemClock.now,
  after: (ms, run) => systemClock.after(ms === patienceMs ? 20 * ms : ms, run),
};

/** @param env what is otherwise; REDIS_URL is by default that of the run. */
export async function startTwoPlatforms(env: Record<string, string> = {}): Promise<TwoPlatforms> {
  const all = { REDIS_URL: inject("redis").url, ...standard, ...env };
  const overrides = { clock: patientClock };
  const one = await startPlatform({ env: all, overrides });
  const two = await startPlatform({ env: all, overrides, database: one.database });
  return {
    one,
    two,
    env: all,
    at: (n) => (n % 2 === 0 ? one : two),
    async close() {
      await two.stop();
      await one.close();
    },
  };
}

/** Does it so often at once, at both by turns. */
export function atBoth<Result>(
  { at }: Pick<TwoPlatforms, "at">,
  count: number,
  run: (platform: Platform, n: number) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => run(at(n), n)));
}

/** How often each came. */
export function tally(results: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const result of results) counts[result] = (counts[result] ?? 0) + 1;
  return counts;
}
