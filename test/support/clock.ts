import type { Clock } from "../../api/core/ports.ts";

export interface ManualClock extends Clock {
  /** Moves the time on; what falls due meanwhile runs at its own moment, in order. */
  advance(ms: number): void;
  /** Moves on to the next timer and runs it; false when none is waiting. */
  next(): boolean;
  /** How many timers are waiting. */
  readonly timers: number;
}

/** A clock that stands still until a test moves it. */
export function createManualClock(start = Date.UTC(2030, 0, 1)): ManualClock {
  let now = start;
  const timers = new Set<{ readonly due: number; readonly run: () => void }>();

  /** Timers of one moment run in the order in which they were set. */
  function runNext(until: number): boolean {
    const [first] = [...timers]
      .filter((timer) => timer.due <= until)
      .toSorted((a, b) => a.due - b.due);
    if (!first) return false;
    timers.delete(first);
    now = Math.max(now, first.due);
    first.run();
    return true;
  }

  return {
    now: () => now,
    after(ms, run) {
      const timer = { due: now + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const until = now + ms;
      while (runNext(until));
      now = until;
    },
    next: () => runNext(Infinity),
    get timers() {
      return timers.size;
    },
  };
}

/** Lets everything run that can run without time passing. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Moves the clock from timer to timer until the promise is settled. @throws Error when that takes too many. */
export async function passUntil<T>(
  clock: ManualClock,
  promise: Promise<T>,
  maxTimers = 10_000,
): Promise<T> {
  let isSettled = false;
  const done = promise.finally(() => (isSettled = true));
  done.catch(() => "The caller gets the rejection");
  for (let count = 0; !isSettled; count += 1) {
    if (count > maxTimers) throw new Error("The promise was not settled in time");
    await settle();
    if (!isSettled) clock.next();
  }
  return done;
}
