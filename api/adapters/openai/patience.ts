import type { Clock } from "../../core/ports.ts";
import { createWatchdog } from "./watchdog.ts";

/** All in milliseconds. */
export interface Timeouts {
  /** From the request to the first piece of text; each chunk without text starts it anew. */
  readonly firstPieceMs: number;
  /** Between two chunks after that. */
  readonly idleMs: number;
}

/** How long the usage, and the end of a stream whose answer is whole, are waited for. */
export const tailMs = 1000;

/** How long a stream is waited for. */
export interface Patience {
  /**
   * Something was read. Comments keep a connection alive, but they are no progress.
   * @param count how many chunks have come by now.
   * @param hasText whether there was text among what was read.
   */
  heard(count: number, hasText: boolean, isWhole: boolean): void;
  stop(): void;
  readonly expired: boolean;
  /** Milliseconds that are waited at the moment. */
  readonly limit: number;
}

/** Begins to wait at once. @param onEnd called once, when nothing came for too long. */
export function createPatience(clock: Clock, timeouts: Timeouts, onEnd: () => void): Patience {
  const watchdog = createWatchdog(clock, onEnd);
  let limit = timeouts.firstPieceMs;
  let known = 0;
  watchdog.restart(limit);

  return {
    heard(count, hasText, isWhole) {
      const before = limit;
      if (hasText) limit = timeouts.idleMs;
      if (isWhole) limit = tailMs;
      // The tail as a whole is that long, however many chunks it has.
      if (limit !== before || (count > known && !isWhole)) watchdog.restart(limit);
      known = count;
    },
    stop: watchdog.stop,
    get expired() {
      return watchdog.expired;
    },
    get limit() {
      return limit;
    },
  };
}
