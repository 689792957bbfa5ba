import type { Connection } from "../../api/core/watched-connection.ts";

/** A connection whose network is in the hands of a test. */
export interface FakeConnection extends Connection {
  /** Each text, or part of one, that was sent, and whether it was the last part. */
  readonly sent: readonly { readonly data: string | Uint8Array; readonly isLast: boolean }[];
  /** The code that it was closed with; `gone` once it has closed without. */
  readonly end: number | "gone" | undefined;
  pings: number;
  /** From now on what is sent waits. */
  stall(): void;
  /** What was sent first of what waits leaves. */
  take(): void;
  /** All that waits leaves, and what comes after too. */
  flow(): void;
  /** The peer answers the pings. */
  pong(): void;
}

interface Waiting {
  readonly length: number;
  readonly onLeft: (error?: Error) => void;
}

const sizeOf = (data: string | Uint8Array) =>
  typeof data === "string" ? Buffer.byteLength(data) : data.length;

export function createFakeConnection(): FakeConnection {
  const sent: { data: string | Uint8Array; isLast: boolean }[] = [];
  const listeners = { pong: [] as (() => void)[], close: [] as (() => void)[] };
  const waiting: Waiting[] = [];
  let isStalled = false;
  let readyState = 1;
  let end: number | "gone" | undefined;

  const connection: FakeConnection = {
    OPEN: 1,
    sent,
    pings: 0,
    get readyState() {
      return readyState;
    },
    get end() {
      return end;
    },
    get bufferedAmount() {
      return waiting.reduce((sum, { length }) => sum + length, 0);
    },
    send(data, { fin: isLast }, onLeft) {
      sent.push({ data, isLast });
      if (isStalled) waiting.push({ length: sizeOf(data), onLeft });
      else queueMicrotask(onLeft);
    },
    ping() {
      connection.pings += 1;
    },
    close(code) {
      readyState = 2;
      end ??= code;
    },
    terminate() {
      if (readyState === 3) return;
      readyState = 3;
      end ??= "gone";
      for (const { onLeft } of waiting.splice(0)) onLeft(new Error("It is gone"));
      for (const listener of listeners.close) listener();
    },
    on: (event, listener) => listeners[event].push(listener),
    stall() {
      isStalled = true;
    },
    take() {
      waiting.shift()?.onLeft();
    },
    flow() {
      isStalled = false;
      while (waiting.length > 0) connection.take();
    },
    pong() {
      for (const listener of listeners.pong) listener();
    },
  };
  return connection;
}
