import type { WebSocket } from "ws";
import type { Clock } from "../core/ports.ts";
import { closeCodes } from "./protocol.ts";
import type { Socket } from "./session.ts";

/** Bytes that may wait in a connection before its readers pause. */
export const pauseAbove = 64 * 1024;
/** Bytes at which a connection is cut at once. */
export const cutAbove = 1024 * 1024;
/** How long a connection may stand above `pauseAbove`. */
export const stuckMs = 30_000;
/** Two unanswered pings end a connection: a half-open one is found within 35 s. */
export const pingMs = 15_000;

/**
 * The sending half of a connection, with the watchdog for a reader who takes nothing: it is cut with
 * a code, and its client comes back and resumes.
 */
export function createSocket(ws: WebSocket, clock: Clock): Socket {
  const waiting = new Set<() => void>();
  let cancelStuck: (() => void) | undefined;

  function settle(): void {
    if (ws.readyState === ws.OPEN && ws.bufferedAmount > pauseAbove) return;
    cancelStuck?.();
    cancelStuck = undefined;
    for (const wake of waiting) wake();
    waiting.clear();
  }

  function cut(): void {
    ws.close(closeCodes.slowReader, "The reader is too slow: come back and resume");
    // A peer that reads nothing never answers the close either.
    clock.after(1000, () => ws.terminate());
  }

  ws.on("close", settle);
  return {
    send(text) {
      if (ws.readyState !== ws.OPEN) return;
      ws.send(text, settle);
      if (ws.bufferedAmount > cutAbove) cut();
      else if (ws.bufferedAmount > pauseAbove) cancelStuck ??= clock.after(stuckMs, cut);
    },
    close: (code, reason) => ws.close(code, reason),
    ready() {
      if (ws.readyState !== ws.OPEN || ws.bufferedAmount <= pauseAbove) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.add(resolve);
      });
    },
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
