import type { Clock } from "../../api/core/ports.ts";

/** A clock for tests over a real line: short pauses pass at once, deadlines only when a test says so. */
export interface HurriedClock extends Clock {
  /** The pauses that were made, in milliseconds. */
  readonly pauses: readonly number[];
  /** Lets every deadline that is waited for come. */
  expire(): void;
  /** How many timers are waiting. */
  readonly timers: number;
}

/** @param deadlineMs from how many milliseconds on a timer is a deadline. */
export function createHurriedClock(deadlineMs: number): HurriedClock {
  let now = Date.UTC(2030, 0, 1);
  const pauses: number[] = [];
  const timers = new Set<{ readonly due: number; readonly run: () => void }>();

  return {
    now: () => now,
    after(ms, run) {
      const timer = { due: now + ms, run };
      timers.add(timer);
      if (ms < deadlineMs) {
        pauses.push(ms);
        setImmediate(() => {
          if (!timers.delete(timer)) return;
          now = Math.max(now, timer.due);
          run();
        });
      }
      return () => void timers.delete(timer);
    },
    pauses,
    expire() {
      for (const timer of timers) {
        timers.delete(timer);
        now = Math.max(now, timer.due);
        timer.run();
      }
    },
    get timers() {
      return timers.size;
    },
  };
}
