import type { Clock } from "./ports.ts";

/** Bytes that may wait in a connection before its readers pause. */
export const pauseAbove = 64 * 1024;
/** With more bytes waiting than this nothing more is sent: the connection is cut. */
export const cutAbove = 1024 * 1024;
/** How long a connection may take nothing of what waits. */
export const stuckMs = 30_000;
/** How often a connection is pinged. */
export const pingMs = 15_000;
/** How long a connection lives without a sign of life: two pings, and five seconds for the second one's answer. */
export const aliveMs = 35_000;

/** How long a peer has to answer the end of its connection, in ms. */
export const endMs = 1000;

/** Our own code: the reader took nothing for too long, and is to come back and resume. */
export const slowReaderCloseCode = 4408;
const slowReaderText = "The reader is too slow: come back and resume";

/** What is used of a WebSocket; the sockets of the ws library are such. */
export interface Connection {
  readonly readyState: number;
  /** The `readyState` in which it can be sent to. */
  readonly OPEN: number;
  /** Bytes that were sent and have not left. */
  readonly bufferedAmount: number;
  /** `fin: false`: more of the same message follows. */
  send(
    data: string | Uint8Array,
    options: { binary: boolean; fin: boolean },
    onLeft: (error?: Error) => void,
  ): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: "pong" | "close", listener: () => void): unknown;
}

export interface WatchedConnection {
  readonly isOpen: boolean;
  /** Whether readers may send: it is open, and little waits. */
  readonly hasRoom: boolean;
  /**
   * Sends a text, or a part of one. Resolves when it has left, or the connection is gone.
   * @param isLast false: more of the same text follows.
   */
  send(data: string | Uint8Array, isLast?: boolean): Promise<void>;
  /** Ends the connection as one whose reader is too slow. */
  cut(): void;
}

/**
 * Watches a connection until it closes. One whose peer has vanished is found by pings; one whose reader
 * takes nothing is cut with a code, and its client comes back and resumes.
 * @param onChange called when something has left, and when the connection has closed.
 */
export function watchConnection(
  connection: Connection,
  clock: Clock,
  onChange: () => void = () => undefined,
): WatchedConnection {
  const isOpen = () => connection.readyState === connection.OPEN;
  const isWaiting = () => connection.bufferedAmount > 0;
  let isCut = false;
  let cancelPing = clock.after(pingMs, ping);
  let cancelEnd = clock.after(aliveMs, end);
  let cancelStuck: (() => void) | undefined;

  function ping(): void {
    connection.ping();
    cancelPing = clock.after(pingMs, ping);
  }

  function end(): void {
    connection.terminate();
  }

  function showLife(): void {
    if (!isOpen()) return;
    cancelEnd();
    cancelEnd = clock.after(aliveMs, end);
  }

  function cut(): void {
    if (isCut) return;
    isCut = true;
    cancelStuck?.();
    connection.close(slowReaderCloseCode, slowReaderText);
    // A peer that reads nothing never answers the close either.
    cancelStuck = clock.after(endMs, end);
  }

  /** What was sent has left, or never will. */
  function settle(): void {
    if (!isCut) {
      cancelStuck?.();
      cancelStuck = isOpen() && isWaiting() ? clock.after(stuckMs, cut) : undefined;
    }
    onChange();
  }

  connection.on("pong", showLife);
  connection.on("close", () => {
    for (const cancel of [cancelPing, cancelEnd, cancelStuck]) cancel?.();
    onChange();
  });

  return {
    get isOpen() {
      return isOpen();
    },
    get hasRoom() {
      return isOpen() && connection.bufferedAmount <= pauseAbove;
    },
    send(data, isLast = true) {
      if (!isOpen()) return Promise.resolve();
      if (connection.bufferedAmount > cutAbove) {
        cut();
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        let hadToWait = false;
        connection.send(data, { binary: false, fin: isLast }, (error) => {
          // The network takes a little for a vanished peer too; what had to wait leaves when the peer takes some.
          if (hadToWait && !error) showLife();
          settle();
          resolve();
        });
        hadToWait = isWaiting();
        if (hadToWait && !isCut) cancelStuck ??= clock.after(stuckMs, cut);
      });
    },
    cut,
  };
}

/** Closes a connection that is not to hold anything for long, whatever its peer does. */
export function endConnection(
  connection: Pick<Connection, "close" | "terminate" | "on">,
  clock: Clock,
  code: number,
  reason: string,
): void {
  terminateSoon(connection, clock);
  connection.close(code, reason);
}

/** Of a connection that is being closed: its peer may never answer that. */
export function terminateSoon(
  connection: Pick<Connection, "terminate" | "on">,
  clock: Clock,
): void {
  const cancel = clock.after(endMs, () => connection.terminate());
  connection.on("close", cancel);
}
