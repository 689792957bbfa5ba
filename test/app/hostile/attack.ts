import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";

export interface Measured {
  /** Bytes: the most that the process ever had, and what it holds now. */
  readonly peak: number;
  readonly held: number;
  readonly connections: number;
  /** Lines of the log. */
  readonly errors: number;
}

/** The patience of the server under attack, in ms. */
export const patience = { head: 500, request: 1500 };

/** server.ts as a process of its own. */
export async function startServer() {
  const child = fork(join(import.meta.dirname, "server.ts"), Object.values(patience).map(String), {
    execArgv: ["--expose-gc"],
  });
  const [port] = await once(child, "message");
  return {
    port: Number(port),
    url: `http://127.0.0.1:${port}`,
    async measure(): Promise<Measured> {
      const answered = once(child, "message");
      child.send("measure");
      const [measured] = await answered;
      return measured;
    },
    async close(): Promise<void> {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** A bare connection, and all that came over it. */
export interface Line {
  readonly socket: Socket;
  readonly received: () => Buffer;
  /** Waits until what came fits. */
  until(holds: (received: Buffer) => boolean): Promise<Buffer>;
  /** Resolves with all that came, once the server has closed. */
  readonly closed: Promise<Buffer>;
}

export function openLine(port: number): Line {
  const socket = connect(port, "127.0.0.1");
  let received = Buffer.alloc(0);
  let isClosed = false;
  let wake = (): void => undefined;
  socket.on("data", (part: Buffer) => {
    received = Buffer.concat([received, part]);
    wake();
  });
  // Who is cut while it still sends gets one; the close that follows is looked at.
  socket.on("error", () => undefined);
  const closed = new Promise<Buffer>((resolve) => {
    socket.on("close", () => {
      isClosed = true;
      resolve(received);
      wake();
    });
  });
  return {
    socket,
    received: () => received,
    closed,
    async until(holds) {
      while (!holds(received)) {
        if (isClosed) throw new Error(`Closed after ${received.toString().slice(0, 500)}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
      return received;
    },
  };
}

/** Sends a part again and again until so many bytes are sent or the server has closed. @returns how many */
export async function pour(line: Line, part: Buffer, total: number): Promise<number> {
  let sent = 0;
  const isOver = line.closed.then(() => true);
  while (sent < total && line.socket.writable) {
    sent += part.length;
    if (line.socket.write(part)) continue;
    const drained = once(line.socket, "drain").then(
      () => false,
      () => true,
    );
    if (await Promise.race([drained, isOver])) break;
  }
  return sent;
}

/** Sends a byte every so many ms until the server closes. @returns all that it said */
export async function trickle(line: Line, text: string, ms: number): Promise<string> {
  let at = 0;
  const timer = setInterval(() => line.socket.write(text[at++ % text.length] ?? " "), ms);
  try {
    return (await line.closed).toString();
  } finally {
    clearInterval(timer);
  }
}

const key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** A WebSocket by hand. @returns the head of the answer too */
export async function openWebSocket(port: number, path: string, more = "") {
  const line = openLine(port);
  const upgrade = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  line.socket.write(`GET ${path} HTTP/1.1\r\n${upgrade}${key}${more}\r\n`);
  const received = await line.until((bytes) => bytes.includes("\r\n\r\n"));
  const head = received.subarray(0, received.indexOf("\r\n\r\n")).toString();
  return { line, head };
}

/** A masked frame with a mask of zeros. @param first its first byte. @param length what it announces. */
export function makeFrame(first: number, body: Buffer, length = body.length): Buffer {
  const head = Buffer.alloc(14);
  head[0] = first;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, body]);
}

/** The code of the close frame that came last. */
export function closeCodeOf(received: Buffer): number | undefined {
  const at = received.lastIndexOf(0x88);
  return at >= 0 && received.length >= at + 4 ? received.readUInt16BE(at + 2) : undefined;
}
