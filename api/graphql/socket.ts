import type { WebSocket } from "ws";
import type { Clock } from "../core/ports.ts";

/** What we close with; codes of refused connections stand in `closeCodeOf`. */
export const closeCodes = {
  /** The server restarts: come back and resume. RFC 6455 registry. */
  serviceRestart: 1012,
  /** Come back a little later. RFC 6455 registry. */
  tryAgainLater: 1013,
  /** The reader took nothing of what was sent for too long: come back and resume. */
  slowReader: 4408,
  /** The tenant was suspended or removed. */
  tenantNotFound: 4404,
  /** Our fault. The protocol's own code. */
  internalError: 4500,
} as const;

/** Above this the connection is closed (1009) before the frame is held in memory. Bytes. */
export const maxFrameBytes = 1024 * 1024;
/** Bytes that may wait in a connection for long. */
const stuckAbove = 64 * 1024;
/** How long they may. */
const stuckMs = 30_000;
/** With so many bytes waiting nothing more is sent: the connection is cut. */
const cutAbove = 1024 * 1024;
/** Two unanswered pings end a connection. */
const pingMs = 15_000;

/**
 * Sends through a connection, and watches its reader: one that takes nothing is cut with a code, and
 * its client comes back. The promise resolves when the text has left, or the connection is gone, so a
 * subscription makes its next event only then.
 */
export function createSender(ws: WebSocket, clock: Clock): (text: string) => Promise<void> {
  let cancelStuck: (() => void) | undefined;

  function settle(): void {
    if (ws.readyState === ws.OPEN && ws.bufferedAmount > stuckAbove) return;
    cancelStuck?.();
    cancelStuck = undefined;
  }

  function cut(): void {
    ws.close(closeCodes.slowReader, "The reader is too slow: come back and resume");
    // A peer that reads nothing never answers the close either.
    clock.after(1000, () => ws.terminate());
  }

  ws.on("close", settle);
  return async (text) => {
    if (ws.readyState !== ws.OPEN) return;
    if (ws.bufferedAmount > cutAbove) return cut();
    const { promise, resolve } = Promise.withResolvers<void>();
    ws.send(text, () => resolve());
    if (ws.bufferedAmount > stuckAbove) cancelStuck ??= clock.after(stuckMs, cut);
    await promise;
    settle();
  };
}

/** Pings until the connection closes; ends one that has stopped answering. */
export function keepAlive(ws: WebSocket, clock: Clock): void {
  let unanswered = 0;
  let cancelTimer: () => void;
  function beat(): void {
    if (unanswered >= 2) return ws.terminate();
    unanswered += 1;
    ws.ping();
    cancelTimer = clock.after(pingMs, beat);
  }
  cancelTimer = clock.after(pingMs, beat);
  ws.on("pong", () => (unanswered = 0));
  ws.on("close", () => cancelTimer());
}
