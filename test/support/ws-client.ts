import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import WebSocket, { type ClientOptions } from "ws";
import type { ServerFrame } from "../../api/ws/protocol.ts";

export type FrameOf<Type extends ServerFrame["type"]> = Extract<ServerFrame, { type: Type }>;

/** A raw client that queues what it receives, so that a test can ask for the frames one by one. */
export interface WsClient {
  readonly ws: WebSocket;
  /** All frames received so far. */
  readonly frames: readonly ServerFrame[];
  send(type: string, data?: object): void;
  sendText(text: string): void;
  /** The next frame that was not taken yet. Rejects when the connection closes first. */
  next(): Promise<ServerFrame>;
  /** Takes frames up to and with the first of that type. */
  until<Type extends ServerFrame["type"]>(type: Type): Promise<FrameOf<Type>>;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  /** Cuts the line without a closing handshake. */
  drop(): void;
  close(): Promise<void>;
}

/**
 * @param query tenant_id, client_id, …
 * @param protocols that are offered.
 */
export async function openWs(
  url: string,
  query: Record<string, string>,
  { protocols = [], ...options }: ClientOptions & { readonly protocols?: string[] } = {},
): Promise<WsClient> {
  const address = `${url}?${new URLSearchParams(query).toString()}`;
  const ws = new WebSocket(address, protocols, options);
  const frames: ServerFrame[] = [];
  let taken = 0;
  let wake = (): void => undefined;
  let isClosed = false;
  ws.on("message", (data: Buffer) => {
    frames.push(JSON.parse(data.toString()));
    wake();
  });
  const closed = new Promise<number>((resolve) => {
    ws.on("close", (code) => {
      isClosed = true;
      resolve(code);
      wake();
    });
  });
  await new Promise<void>((resolve, reject) => {
    ws.once("open", resolve);
    ws.once("error", reject);
    ws.once("unexpected-response", (_request, response) => reject(new RefusedError(response)));
  });
  ws.on("error", () => undefined); // a close follows, which is what tests look at

  const client: WsClient = {
    ws,
    frames,
    closed,
    send: (type, data = {}) => ws.send(JSON.stringify({ type, data })),
    sendText: (text) => ws.send(text),
    async next() {
      while (taken >= frames.length) {
        if (isClosed) throw new Error("The connection closed before the next frame");
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const frame = frames[taken++];
      if (!frame) throw new Error("No frame");
      return frame;
    },
    async until<Type extends ServerFrame["type"]>(type: Type) {
      for (;;) {
        const frame = await client.next();
        if (isOf(frame, type)) return frame;
      }
    },
    drop: () => ws.terminate(),
    async close() {
      ws.close(1000);
      await closed;
    },
  };
  return client;
}

function isOf<Type extends ServerFrame["type"]>(
  frame: ServerFrame,
  type: Type,
): frame is FrameOf<Type> {
  return frame.type === type;
}

/** A handshake that was answered with an HTTP status. */
export class RefusedError extends Error {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Promise<string>;

  constructor(response: IncomingMessage) {
    super(`The handshake was refused with ${response.statusCode}`);
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    this.body = readAll(response);
  }
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const part of stream) text += String(part);
  return text;
}

/** What a reader makes of a turn's frames: places each chunk by its offset, begins afresh at a new attempt. */
export function assemble(frames: readonly ServerFrame[], messageId: string) {
  let text = "";
  let attempt = 0;
  let cursor: string | undefined;
  const chunks: number[] = [];
  const ends: ServerFrame[] = [];
  for (const frame of frames) {
    if (
      !("message_id" in frame.data) ||
      frame.data.message_id !== messageId ||
      !("cursor" in frame.data)
    )
      continue;
    cursor = frame.data.cursor;
    if (frame.type === "response_start") {
      attempt = frame.data.attempt;
      text = "";
    } else if (frame.type === "response_chunk") {
      if (frame.data.attempt !== attempt)
        throw new Error(`A chunk of attempt ${frame.data.attempt} in ${attempt}`);
      if (frame.data.offset !== text.length)
        throw new Error(`A chunk at ${frame.data.offset}, expected at ${text.length}`);
      text += frame.data.content;
      chunks.push(frame.data.offset);
    } else ends.push(frame);
  }
  return { text, attempt, cursor, chunks: chunks.length, ends };
}
