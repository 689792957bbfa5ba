import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createWake } from "../../api/core/turns/wake.ts";

export interface ModelMessage {
  readonly role: string;
  readonly content: string;
}

/** What a chat completion is asked for with. */
export interface ModelBody {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  readonly stream: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly temperature?: number;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
}

export interface ModelUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
}

/** One request, answered step by step by whoever holds it. Nothing is sent that isn't said. */
export interface ModelRequest {
  readonly path: string;
  readonly body: ModelBody;
  readonly headers: IncomingMessage["headers"];
  /** The client's port: equal for requests over one connection. */
  readonly port: number;
  /** Resolves when the client has closed the connection before the answer was whole. */
  readonly closed: Promise<void>;
  /** Resolves when the answer is over, one way or the other. */
  readonly over: Promise<void>;
  /** The headers of a stream; the first `say` sends them too. */
  start(): void;
  /** A chunk for each text. */
  say(...texts: readonly string[]): void;
  refuse(text: string): void;
  /** The chunk that ends the text. */
  finish(reason?: string): void;
  /** The chunk without choices. */
  usage(usage: ModelUsage): void;
  /** Bytes as they are. */
  raw(bytes: string | Uint8Array): void;
  /** `[DONE]` and the end of the response. */
  done(): void;
  /** The end of the response alone. */
  end(): void;
  /** An answer that is no stream. */
  fail(status: number, error?: object, headers?: Record<string, string>): void;
  /** Cuts the connection. */
  cut(): void;
}

export type ModelScript = (request: ModelRequest) => void;

/** A server on loopback that speaks the streaming chat completions of OpenAI's API. */
export interface ModelServer {
  /** As it is given to OPENAI_BASE_URL. */
  readonly baseUrl: string;
  readonly requests: readonly ModelRequest[];
  /** Resolves with the n-th request, from 0. */
  nth(index: number): Promise<ModelRequest>;
  /** What answers each further request; without one it waits for its holder. */
  use(script: ModelScript | undefined): void;
  /** What answer the next requests, one each, before `use` has its turn. */
  queue(...scripts: readonly ModelScript[]): void;
  close(): Promise<void>;
}

export const sampleUsage: ModelUsage = {
  prompt_tokens: 120,
  completion_tokens: 30,
  total_tokens: 150,
};

/** The whole of a good answer. */
export function answerWith(texts: readonly string[], usage = sampleUsage): ModelScript {
  return (request) => {
    request.say(...texts);
    request.finish();
    request.usage(usage);
    request.done();
  };
}

/** A good answer whose texts come one after another, `perSecond` of them. */
export function answerSlowly(texts: readonly string[], perSecond: number): ModelScript {
  return (request) => {
    const waiting = [...texts];
    request.start();
    const timer = setInterval(() => {
      const text = waiting.shift();
      if (text !== undefined) return request.say(text);
      clearInterval(timer);
      request.finish();
      request.usage(sampleUsage);
      request.done();
    }, 1000 / perSecond);
    void request.over.then(() => clearInterval(timer));
  };
}

export async function startModelServer(): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const queued: ModelScript[] = [];
  const arrived = createWake();
  const never = new AbortController().signal;
  let standard: ModelScript | undefined;

  const server = createServer((message, response) => {
    void readBody(message).then((body) => {
      const request = toRequest(message, response, body);
      requests.push(request);
      (queued.shift() ?? standard)?.(request);
      arrived.notify();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    async nth(index) {
      for (;;) {
        const request = requests[index];
        if (request) return request;
        await arrived.wait(never);
      }
    },
    use: (script) => void (standard = script),
    queue: (...scripts) => void queued.push(...scripts),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(message: IncomingMessage): Promise<ModelBody> {
  let text = "";
  for await (const part of message.setEncoding("utf8")) text += String(part);
  return JSON.parse(text);
}

function toRequest(
  message: IncomingMessage,
  response: ServerResponse,
  body: ModelBody,
): ModelRequest {
  const over = new Promise<void>((resolve) => response.once("close", resolve));
  const closed = new Promise<void>((resolve) => {
    response.once("close", () => {
      if (!response.writableFinished) resolve();
    });
  });
  const send = (fields: object) => {
    request.start();
    const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, ...fields };
    response.write(`data: ${JSON.stringify({ model: body.model, ...chunk })}\n\n`);
  };
  const sendDelta = (delta: object, finish_reason: string | null = null) =>
    send({ choices: [{ index: 0, delta, finish_reason }], usage: null });

  const request: ModelRequest = {
    path: message.url ?? "",
    body,
    headers: message.headers,
    port: message.socket.remotePort ?? 0,
    closed,
    over,
    start() {
      if (response.headersSent) return;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
    },
    say(...texts) {
      for (const content of texts) sendDelta({ content });
    },
    refuse: (refusal) => sendDelta({ refusal }),
    finish: (reason = "stop") => sendDelta({}, reason),
    usage: (usage) => send({ choices: [], usage }),
    raw(bytes) {
      request.start();
      response.write(bytes);
    },
    done() {
      request.raw("data: [DONE]\n\n");
      response.end();
    },
    end: () => void response.end(),
    fail(status, error = { message: "It failed", type: "server_error", code: null }, headers = {}) {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify({ error }));
    },
    cut: () => void message.socket.destroy(),
  };
  return request;
}
