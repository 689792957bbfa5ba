import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createClient, type Client } from "graphql-ws";
import WebSocket, { type ClientOptions } from "ws";
import { createHttpServer } from "../../api/http.ts";
import type { PlatformOptions } from "../rest/platform.ts";
import { watchServer } from "../support/record/answers.ts";
import { noteAnswer } from "../support/record/parts.ts";
import { openPlatform, type GraphqlPlatform, type Headings } from "./client.ts";

export interface Listening extends GraphqlPlatform {
  readonly url: string;
  readonly wsUrl: string;
  /** A client of graphql-ws that gives up instead of coming back. */
  connect(params?: Record<string, unknown>, options?: SocketOptions): Client;
  /** A bare connection of the protocol. */
  open(options?: SocketOptions): Promise<RawSocket>;
  close(): Promise<void>;
}

export interface SocketOptions {
  readonly headers?: Headings;
  readonly query?: string;
}

/** The platform on memory behind a port of the system's choice. */
export async function listenPlatform(options: PlatformOptions = {}): Promise<Listening> {
  const platform = openPlatform(options);
  const { graphql, http } = platform;
  const server = createHttpServer(http.fetch, graphql.upgrade);
  watchServer(server, noteAnswer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const wsUrl = `ws://127.0.0.1:${port}/graphql`;
  const clients: Client[] = [];

  return {
    ...platform,
    url: `http://127.0.0.1:${port}/graphql`,
    wsUrl,
    connect(connectionParams = {}, { headers = {}, query = "" } = {}) {
      const client = createClient({
        url: wsUrl + query,
        webSocketImpl: withOptions({ headers }),
        connectionParams,
        retryAttempts: 0,
        lazy: true,
        // Else it speaks to the console.
        onNonLazyError: () => undefined,
      });
      clients.push(client);
      return client;
    },
    open: ({ headers = {}, query = "" } = {}) => openRaw(wsUrl + query, { headers }),
    async close() {
      for (const client of clients) await client.dispose();
      await graphql.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The class of a WebSocket with headers, which browsers can't send. */
function withOptions(options: ClientOptions) {
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, options);
    }
  };
}

export interface ProtocolMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

export interface RawSocket {
  readonly ws: WebSocket;
  /** All that came so far. */
  readonly messages: readonly ProtocolMessage[];
  send(message: ProtocolMessage | string): void;
  /** The next message that wasn't taken yet. @throws Error when the connection closes first */
  next(): Promise<ProtocolMessage>;
  /** Sends `connection_init` and waits for its answer. */
  init(payload?: unknown): Promise<ProtocolMessage>;
  /** Resolves with the code and the reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export async function openRaw(
  url: string,
  options: ClientOptions = {},
  protocol = "graphql-transport-ws",
): Promise<RawSocket> {
  const ws = new WebSocket(url, protocol, options);
  const messages: ProtocolMessage[] = [];
  let taken = 0;
  let isClosed = false;
  let wake = (): void => undefined;
  ws.on("message", (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as ProtocolMessage);
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on("close", (code, reason) => {
      isClosed = true;
      wake();
      resolve({ code, reason: String(reason) });
    });
  });
  await once(ws, "open");

  async function next(): Promise<ProtocolMessage> {
    for (;;) {
      const message = messages[taken];
      if (message) {
        taken += 1;
        return message;
      }
      if (isClosed) throw new Error("The connection closed before the next message");
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  const send = (message: ProtocolMessage | string) =>
    ws.send(typeof message === "string" ? message : JSON.stringify(message));
  return {
    ws,
    messages,
    send,
    next,
    async init(payload) {
      send({ type: "connection_init", ...(payload === undefined ? {} : { payload }) });
      return next();
    },
    closed,
  };
}

/** Each frame of a stream of server-sent events, as it is pulled. */
export interface EventReader<Value> {
  /** The next result; undefined at the `complete` event. */
  next(): Promise<Value | undefined>;
  leave(): Promise<void>;
}

export function readResults<Value>(response: Response): EventReader<Value> {
  if (!response.body) throw new Error("The response has no body");
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let searched = 0;

  return {
    async next() {
      for (;;) {
        const end = text.indexOf("\n\n", searched);
        searched = Math.max(0, text.length - 1);
        if (end >= 0) {
          searched = 0;
          const block = text.slice(0, end);
          text = text.slice(end + 2);
          if (block.startsWith("event: complete")) return undefined;
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data) return JSON.parse(data) as Value;
          continue;
        }
        const { done, value } = await reader.read();
        if (done) throw new Error("The stream ended without completing");
        text += decoder.decode(value, { stream: true });
      }
    },
    leave: () => reader.cancel(),
  };
}
