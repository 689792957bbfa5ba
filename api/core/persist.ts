import { AppError } from "./errors.ts";
import type { Clock } from "./ports.ts";

const pauseMs = { first: 50, most: 2000 };

/**
 * Repeats what fails because the store is away, with growing pauses, until the process shuts down.
 * @throws what `store` throws, at once for any other reason.
 */
export async function persist<T>(
  clock: Clock,
  shutdown: AbortSignal,
  store: () => Promise<T>,
): Promise<T> {
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.most)) {
    try {
      return await store();
    } catch (error) {
      const isAway = error instanceof AppError && error.code === "SERVICE_UNAVAILABLE";
      if (!isAway || shutdown.aborted) throw error;
      await rest(clock, pause, shutdown);
    }
  }
}

function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
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
