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

/** How long a turn that has begun waits for a store that is away. */
export const briefMs = 10_000;

/** The same, but not for long. @throws as persist, and when the store is away for too long. */
export async function persistBriefly<T>(
  clock: Clock,
  signal: AbortSignal,
  store: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const cancelTimer = clock.after(briefMs, () => over.abort());
  try {
    return await persist(clock, AbortSignal.any([signal, over.signal]), store);
  } finally {
    cancelTimer();
  }
}

/** The error of a store that is away for the moment. */
export function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === "SERVICE_UNAVAILABLE";
}

/** Waits for the work, at most so long. */
export async function within(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancelTimer = clock.after(ms, late.resolve);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    cancelTimer();
  }
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
