import type { Clock } from "../ports.ts";

/** Keeps questions from waiting for a service that is out of order. */
export interface Circuit {
  /**
   * Whether the service may be asked now. Behind a failure nobody asks for a while, and then one alone; who may has to
   * say how it went.
   */
  mayAsk(): boolean;
  /** @returns whether an outage is over with that. */
  succeeded(): boolean;
  /** @returns whether an outage begins with that. */
  failed(): boolean;
  /** Nothing is known of how it went. */
  gaveUp(): void;
  /** Whether the last that is known is good. */
  readonly isUp: boolean;
}

/** In milliseconds; doubled with each failure in a row. */
export const circuitPause = { first: 1000, most: 30_000 } as const;

export function createCircuit(clock: Clock): Circuit {
  let failures = 0;
  let quietUntil = -Infinity;
  let isTrying = false;

  return {
    mayAsk() {
      if (failures === 0) return true;
      if (isTrying || clock.now() < quietUntil) return false;
      isTrying = true;
      return true;
    },
    succeeded() {
      const wasDown = failures > 0;
      failures = 0;
      isTrying = false;
      return wasDown;
    },
    failed() {
      // Those that were under way when the outage began tell nothing new.
      if (clock.now() < quietUntil) return false;
      failures += 1;
      isTrying = false;
      const pauseMs = Math.min(circuitPause.most, circuitPause.first * 2 ** (failures - 1));
      quietUntil = clock.now() + pauseMs;
      return failures === 1;
    },
    gaveUp() {
      isTrying = false;
    },
    get isUp() {
      return failures === 0;
    },
  };
}
