import type { Clock } from "../../core/ports.ts";

/** Above this setTimeout takes the delay for 1 ms. */
const longestDelayMs = 2 ** 31 - 1;

/**
 * The machine's clock. Its timers keep the process alive on purpose: each has somebody waiting behind
 * it (a piece to publish, a store to try again, a drain), and Node would end a process in the middle
 * of that if nothing else was open. Whoever stops waiting cancels its timer.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, longestDelayMs));
    return () => clearTimeout(timer);
  },
};
