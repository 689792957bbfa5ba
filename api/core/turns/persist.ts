import { AppError } from "../errors.ts";
import type { Clock } from "../ports.ts";

const pauseMs = { first: 50, most: 2000 };

/**
 * Repeats what fails because the store is away, with growing pauses, until the process shuts down.
 * @param isWorthIt which errors to repeat after; default: those of a store that is away.
 * @throws what `store` throws, at once for any other reason.
 */
export async function persist<T>(
  clock: Clock,
  shutdown: AbortSignal,
  store: () => Promise<T>,
  isWorthIt: (error: unknown) => boolean = isAway,
): Promise<T> {
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.most)) {
    try {
      return await store();
    } catch (error) {
      if (!isWorthIt(error) || shutdown.aborted) throw error;
      await rest(clock, pause, shutdown);
    }
  }
}

/** The error of a store that is away for the moment. */
export function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === "SERVICE_UNAVAILABLE";
}

/** Resolves after `ms`, or when the signal aborts. */
export function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      cancelTimer();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancelTimer = clock.after(ms, wake);
    signal.addEventListener("abort", wake);
  });
}
