import type { Clock } from "../ports.ts";

/** How long text that arrives together is joined before it is published, after the first piece. */
export const joinWindowMs = 25;

/**
 * Turns a model's tokens into published pieces: the first goes out at once, later ones are joined over
 * a small window, so that a fast model doesn't become thousands of tiny frames. What is published is
 * final, so it is made storable first: NUL is dropped (PostgreSQL can't hold it), half a surrogate
 * pair waits for its other half, and one that never comes is replaced by U+FFFD.
 */
export function createPieceJoiner(clock: Clock, publish: (content: string) => void) {
  let waiting = "";
  let heldBack = "";
  let isFirst = true;
  let cancelTimer: (() => void) | undefined;

  function publishWaiting(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    const content = waiting;
    waiting = "";
    if (content !== "") publish(content.toWellFormed());
  }

  return {
    push(text: string): void {
      const joined = heldBack + text.replaceAll("\0", "");
      heldBack = endsInHighSurrogate(joined) ? joined.slice(-1) : "";
      waiting += heldBack ? joined.slice(0, -1) : joined;
      if (waiting === "") return;
      if (isFirst) {
        isFirst = false;
        publishWaiting();
      } else cancelTimer ??= clock.after(joinWindowMs, publishWaiting);
    },
    /** Publishes what is left; nothing may be pushed after. */
    flush(): void {
      waiting += heldBack;
      heldBack = "";
      publishWaiting();
    },
  };
}

function endsInHighSurrogate(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
