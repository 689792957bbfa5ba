import type { Clock } from "../../core/ports.ts";

export interface Watchdog {
  /** Waits `ms` from now on. */
  restart(ms: number): void;
  stop(): void;
  readonly expired: boolean;
}

/**
 * Calls `onExpire` once when `ms` have passed since the last restart. A restart with the same `ms`
 * sets no timer: there is one for each piece of a stream.
 */
export function createWatchdog(clock: Clock, onExpire: () => void): Watchdog {
  let limit = 0;
  let since = 0;
  let expired = false;
  let cancel: (() => void) | undefined;

  function look(): void {
    const left = since + limit - clock.now();
    expired = left <= 0;
    if (expired) onExpire();
    else cancel = clock.after(left, look);
  }

  return {
    restart(ms) {
      since = clock.now();
      if (ms === limit) return;
      limit = ms;
      cancel?.();
      cancel = clock.after(ms, look);
    },
    stop: () => cancel?.(),
    get expired() {
      return expired;
    },
  };
}
