import { setTimeout as sleep } from "node:timers/promises";
import type { Throttle } from "./visit.ts";

/** One line of a client: its stalls, and whether it is waited at for nothing. */
export interface LineWatch {
  /** The line stands from now on. */
  readonly open: (throttle: Throttle) => void;
  /** Takes nothing for so long; with `isSlow` a little now and then. False while there is no line. */
  stall(ms: number, isSlow: boolean): boolean;
  close(): void;
}

/** How often it is looked. */
const lookMs = 1000;
const slow = { restMs: 250, readMs: 10 };

/**
 * @param findHang tells what is waited for without reason; of a line that has been waited at since then,
 *   in milliseconds since the epoch, without a stall of our own.
 * @param onHang called at each look that finds something.
 */
export function watchLine(
  findHang: (since: number) => string | undefined,
  onHang: (text: string) => void,
): LineWatch {
  let since = Date.now();
  let throttle: Throttle | undefined;
  const timer = setInterval(() => {
    const text = findHang(since);
    if (text !== undefined) onHang(text);
  }, lookMs);

  async function keepStalling(line: Throttle, ms: number, isSlow: boolean): Promise<void> {
    const until = Date.now() + ms;
    do {
      line.pause();
      await sleep(isSlow ? slow.restMs : ms);
      line.resume();
      if (isSlow) await sleep(slow.readMs);
    } while (Date.now() < until && throttle === line);
  }

  return {
    open: (opened) => (throttle = opened),
    stall(ms, isSlow) {
      if (!throttle) return false;
      since = Date.now() + ms;
      void keepStalling(throttle, ms, isSlow);
      return true;
    },
    close() {
      throttle = undefined;
      clearInterval(timer);
    },
  };
}
