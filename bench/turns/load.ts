/** The clients, in a process of their own: raw WebSockets that ask and check what they read. Driven over IPC. */
import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import WebSocket from "ws";
import { answerOf, askFor, type Wish } from "../question.ts";

export type LoadOrder =
  | { readonly do: "open"; readonly url: string; readonly connections: number }
  /** Each connection asks one question after another; they begin within `staggerMs`. */
  | { readonly do: "ask"; readonly wish: Wish; readonly turns: number; readonly staggerMs: number }
  /** The same question to the model itself, one after another. */
  | { readonly do: "ask model"; readonly url: string; readonly wish: Wish; readonly turns: number }
  | { readonly do: "close" };

export interface LoadResult {
  /** From the question to the first piece of text, in milliseconds; one for each turn. */
  readonly firstMs: readonly number[];
  /** Frames with text. */
  readonly chunks: number;
}

const nothing: LoadResult = { firstMs: [], chunks: 0 };
/** At a time, so that no server's backlog overflows. */
const openedTogether = 50;
const client = { tenant_id: "bench", client_id: "bench" };

const agent = new Agent({ keepAlive: true });

let sockets: WebSocket[] = [];

async function run(order: LoadOrder): Promise<LoadResult> {
  switch (order.do) {
    case "open":
      while (sockets.length < order.connections) {
        const count = Math.min(openedTogether, order.connections - sockets.length);
        const opened = await Promise.all(Array.from({ length: count }, () => open(order.url)));
        sockets.push(...opened);
      }
      return nothing;
    case "ask": {
      const { turns, wish, staggerMs } = order;
      const results = await Promise.all(
        sockets.map(async (ws, index) => {
          await delay((staggerMs * index) / sockets.length);
          return askOften(turns, () => ask(ws, wish));
        }),
      );
      return {
        firstMs: results.flatMap(({ firstMs }) => firstMs),
        chunks: results.reduce((sum, { chunks }) => sum + chunks, 0),
      };
    }
    case "ask model":
      return askOften(order.turns, () => askModel(order.url, order.wish));
    case "close": {
      const closed = sockets.map((ws) => new Promise((resolve) => ws.once("close", resolve)));
      for (const ws of sockets) ws.close(1000);
      await Promise.all(closed);
      sockets = [];
      return nothing;
    }
  }
}

async function askOften(turns: number, once: () => Promise<LoadResult>): Promise<LoadResult> {
  const firstMs: number[] = [];
  let chunks = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const result = await once();
    firstMs.push(...result.firstMs);
    chunks += result.chunks;
  }
  return { firstMs, chunks };
}

function open(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const query = new URLSearchParams(client).toString();
    const ws = new WebSocket(`${url}?${query}`, { perMessageDeflate: false });
    ws.once("open", () => resolve(ws));
    ws.once("error", reject);
  });
}

interface Frame {
  readonly type: string;
  readonly data: { readonly content?: string };
}

/** @throws Error when the answer is another than the model gave, or none. */
function ask(ws: WebSocket, wish: Wish): Promise<LoadResult> {
  const { promise, resolve, reject } = Promise.withResolvers<LoadResult>();
  let text = "";
  let chunks = 0;
  let firstMs = 0;
  const begin = performance.now();
  const onClose = (code: number) => reject(new Error(`The server closed with ${code}`));
  const onMessage = (data: Buffer) => {
    const frame: Frame = JSON.parse(data.toString());
    if (frame.type === "response_chunk") {
      firstMs ||= performance.now() - begin;
      chunks += 1;
      text += frame.data.content ?? "";
    } else if (frame.type === "response_complete") {
      if (text === answerOf(wish.tokens)) resolve({ firstMs: [firstMs], chunks });
      else reject(new Error(`Another answer than the model's, of ${text.length} characters`));
    } else if (frame.type === "error" || frame.type === "rate_limit_exceeded")
      reject(new Error(`The server refused: ${JSON.stringify(frame)}`));
  };
  ws.on("message", onMessage).on("close", onClose);
  ws.send(JSON.stringify({ type: "chat_message", data: { message: askFor(wish) } }));
  return promise.finally(() => void ws.off("message", onMessage).off("close", onClose));
}

/**
 * By the plainest client, since what `fetch` takes in this process would be taken off what a server has added: then
 * a bare relay seems to take less than no time.
 */
async function askModel(url: string, wish: Wish): Promise<LoadResult> {
  const body = JSON.stringify({ messages: [{ role: "user", content: askFor(wish) }] });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const begin = performance.now();
  const asked = request(`${url}/chat/completions`, { method: "POST", headers, agent });
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  let firstMs = 0;
  let chunks = 0;
  for await (const _part of response) {
    firstMs ||= performance.now() - begin;
    chunks += 1;
  }
  return { firstMs: [firstMs], chunks };
}

process.on("message", (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
