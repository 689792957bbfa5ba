import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";

/** A request to a service that a test plays. */
export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The JSON of its body; undefined without one. */
  readonly body: unknown;
  /** Resolves when the client has closed the connection before it was answered. */
  readonly closed: Promise<void>;
}

export interface ServiceReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
}

/** What answers a request; undefined: nothing does, and it hangs. */
export type Handler = (request: ServiceRequest) => ServiceReply | undefined;

/** An HTTP server on loopback whose failures a test can choose. */
export interface Loopback {
  readonly url: string;
  readonly requests: readonly ServiceRequest[];
  /** What answers the next requests, one each, in place of the service. */
  queue(...handlers: readonly Handler[]): void;
  /** What answers all further requests in place of the service; undefined: the service again. */
  use(handler: Handler | undefined): void;
  /** Resolves with the first request from `index` on, once it is there. */
  nth(index: number): Promise<ServiceRequest>;
  close(): Promise<void>;
}

export const hang: Handler = () => undefined;

export function failWith(status: number, headers: Record<string, string> = {}): Handler {
  return () => ({ status, headers, body: { code: status, message: `It failed with ${status}` } });
}

export async function startLoopback(service: Handler): Promise<Loopback> {
  const requests: ServiceRequest[] = [];
  const queued: Handler[] = [];
  const waiting = new Set<() => void>();
  let standard: Handler | undefined;

  const server = createServer((message, response) => {
    const answer = async () => {
      let text = "";
      for await (const part of message.setEncoding("utf8")) text += String(part);
      const { pathname, searchParams } = new URL(message.url ?? "", "http://localhost");
      const request: ServiceRequest = {
        method: message.method ?? "",
        path: decodeURIComponent(pathname),
        query: searchParams,
        headers: message.headers,
        body: text === "" ? undefined : JSON.parse(text),
        closed: closedEarly(response),
      };
      requests.push(request);
      for (const wake of waiting) wake();
      const reply = (queued.shift() ?? standard ?? service)(request);
      if (reply) send(response, reply);
    };
    answer().catch((error: unknown) => send(response, { status: 599, body: String(error) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests,
    queue: (...handlers) => void queued.push(...handlers),
    use: (handler) => void (standard = handler),
    async nth(index) {
      for (;;) {
        const request = requests[index];
        if (request) return request;
        const woken = Promise.withResolvers<void>();
        waiting.add(woken.resolve);
        await woken.promise;
        waiting.delete(woken.resolve);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function closedEarly(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", () => {
      if (!response.writableFinished) resolve();
    });
  });
}

function send(response: ServerResponse, { status = 200, headers = {}, body = {} }: ServiceReply) {
  const isText = typeof body === "string";
  const type = isText ? "text/plain" : "application/json";
  response.writeHead(status, { "content-type": type, ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}
