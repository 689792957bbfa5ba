import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, RequestError } from "@hono/node-server";
import { Hono } from "hono";
import { AppError } from "./core/errors.ts";
import { newId } from "./core/ids.ts";
import { toRequestId } from "./core/request-id.ts";
import { securityHeaders } from "./core/security-headers.ts";
import type { Clock, Logger } from "./core/ports.ts";
import { compress } from "./http/compress.ts";
import type { ClientAddress } from "./http/client-address.ts";
import { createCors } from "./http/cors.ts";
import { addGraphql, type GraphqlFetch } from "./http/graphql.ts";
import { createMonitor, isProbe, routeOf } from "./http/monitor.ts";
import { secure } from "./http/security-headers.ts";
import { addTenantSteps, type TenantStepDeps } from "./http/tenant.ts";
import type { Metrics } from "./metrics.ts";
import type { Rest } from "./rest/deps.ts";
import type { HttpContext, HttpEnv, HttpStep, RequestInfo } from "./rest/env.ts";
import { answerError, errorBody, toHttpError } from "./rest/errors.ts";

export type { RequestInfo };

/** @param info of the peer: where that is a trusted proxy, the address is found in what it tells. */
export type Fetch = (request: Request, info: RequestInfo) => Response | Promise<Response>;
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface HttpDeps extends TenantStepDeps {
  /** CORS_ALLOW_CREDENTIALS. */
  readonly allowCredentials: boolean;
  readonly clientAddress: ClientAddress;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "requestEnded">;
  /** True from the moment in which the server takes no new work. */
  readonly isDraining: () => boolean;
  /** True from the moment in which what it stands on may be closed. */
  readonly isClosed: () => boolean;
}

export interface HttpDoors {
  readonly rest: Rest;
  readonly graphql: GraphqlFetch;
}

/**
 * Everything over HTTP behind the steps that all of it shares, outermost first: compression, security
 * headers, request id, monitoring, CORS, tenant; errors are answered in one shape. A path is the same with and without
 * its last slash.
 */
export function createHttp(
  deps: HttpDeps,
  doors: HttpDoors,
): { fetch: Fetch; settled(): Promise<void> } {
  const answering = new Set<Promise<Response>>();
  const app = new Hono<HttpEnv>({ strict: false });
  app.use(compress, secure, sendAway(deps), nameRequest, createMonitor(deps), createCors(deps));
  app.use(refuseWhenClosed(deps));
  addTenantSteps(app, deps);
  addGraphql(app, doors.graphql);
  app.route("/", doors.rest);
  app.onError((cause, c) => {
    const error = toHttpError(cause);
    if (error.status >= 500 && !deps.isClosed()) {
      const fields = {
        request_id: c.var.requestId,
        tenant_id: c.var.tenant?.id,
        route: routeOf(c),
      };
      deps.logger.error({ err: cause, ...fields }, "A request failed");
    }
    return answerError(c, error);
  });
  app.notFound((c) => answerUnknown(app, c));
  return {
    fetch(request, info) {
      const forwardedFor = request.headers.get("x-forwarded-for");
      const address = deps.clientAddress(info.address, forwardedFor);
      const answer = Promise.resolve(app.fetch(request, { ...info, address })).finally(() =>
        answering.delete(answer),
      );
      answering.add(answer);
      return answer;
    },
    /** Resolves when all requests that came until now have their answers. */
    async settled() {
      await Promise.allSettled(answering);
    },
  };
}

/** What comes between the doors' end and that of the server would find the stores closed. Probes are answered. */
function refuseWhenClosed({ isClosed }: Pick<HttpDeps, "isClosed">): HttpStep {
  return async (c, next) => {
    if (isClosed() && !isProbe(c.req.path)) {
      throw new AppError("SERVICE_UNAVAILABLE", "The server restarts: try again", {
        retryAfter: 1,
      });
    }
    await next();
  };
}

/** While the server drains, a connection takes no further request: its next one goes to another server. */
function sendAway({ isDraining }: Pick<HttpDeps, "isDraining">): HttpStep {
  return async (c, next) => {
    await next();
    if (isDraining()) c.res.headers.set("Connection", "close");
  };
}

/** Keeps a sane X-Request-ID and makes one where there is none, for the answer and the log. */
const nameRequest: HttpStep = async (c, next) => {
  const requestId = toRequestId(c.req.header("x-request-id"));
  c.set("requestId", requestId);
  await next();
  c.res.headers.set("X-Request-ID", requestId);
};

/** A path that nobody has is not found; one that others have is not for this method. */
function answerUnknown(app: Hono<HttpEnv>, c: HttpContext): Response {
  const allowed = ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((method) => {
    const [handlers] = app.router.match(method, c.req.path);
    return handlers.some(([[, route]]) => route.method === method);
  });
  if (allowed.length === 0 || allowed.includes(c.req.method === "HEAD" ? "GET" : c.req.method)) {
    return answerError(c, new AppError("NOT_FOUND", "There is nothing at this address"));
  }
  c.header(
    "Allow",
    allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", "),
  );
  return answerError(
    c,
    new AppError("METHOD_NOT_ALLOWED", `This address doesn't answer ${c.req.method}`),
  );
}

/** Longer than the proxies before us keep a connection, so that they never use one that we just closed. */
const keepAliveMs = 75_000;

/**
 * A connection on which nothing has come for so long is probed by TCP, so that one whose peer has vanished
 * doesn't stay for ever: an answer that is waited for is given up after another 10 s. A server-sent event stream
 * writes more often than a probing takes; there TCP itself gives up, after about 15 minutes on Linux.
 */
const probeAfterMs = 10_000;
/** What may wait in a connection before the one that writes is held back: what a stalled reader of a stream costs. Bytes. */
const highWaterMark = 16 * 1024;

/** How long a client may take to say what it wants, in ms; then its connection is answered with 408 and closed. */
export interface RequestTimeouts {
  /** From the connection's first byte, or the request's, to the end of the head. */
  readonly head: number;
  /** To the end of the body: the largest upload at 50 KiB a second. An answer may take as long as it wants. */
  readonly request: number;
  /** How often connections are looked at: so much longer one may live. */
  readonly check: number;
}

const requestTimeouts: RequestTimeouts = { head: 10_000, request: 60_000, check: 2000 };

/**
 * A node server on the app, not listening yet.
 * @param upgrade takes what wants to become a WebSocket.
 */
export function createHttpServer(
  fetch: Fetch,
  upgrade: Upgrade,
  timeouts: RequestTimeouts = requestTimeouts,
): Server {
  const listener = getRequestListener(
    (request, { incoming, outgoing }) =>
      fetch(request, {
        address: incoming.socket.remoteAddress ?? "",
        cut: () => outgoing.destroy(),
      }),
    { overrideGlobalObjects: false, autoCleanupIncoming: false, errorHandler: answerUnreadable },
  );
  const server = createServer(
    // A missing host is refused by us, in our shape.
    {
      keepAliveTimeout: keepAliveMs,
      highWaterMark,
      headersTimeout: timeouts.head,
      requestTimeout: timeouts.request,
      connectionsCheckingInterval: timeouts.check,
      requireHostHeader: false,
      // An offer of h2c, which curl and Java make by themselves, is answered over HTTP/1.1.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
    },
    (incoming, outgoing) => {
      endUnread(incoming, outgoing);
      void listener(incoming, outgoing);
    },
  );
  server.on("connection", (socket) => socket.setKeepAlive(true, probeAfterMs));
  server.on("upgrade", (incoming, socket, head) => {
    // WebSockets have pings for that; probes would only keep a phone's radio awake.
    if (socket instanceof Socket) socket.setKeepAlive(false);
    // Node takes its own listener away; an error without one would end the process.
    socket.on("error", () => socket.destroy());
    upgrade(incoming, socket, head);
  });
  server.on("clientError", refuseConnection);
  return server;
}

/** A body that was answered before its end is still taken when it says that it is no longer than this. Bytes. */
const maxUnread = 1024 * 1024;
/** How long its sender has to see the answer before the connection is cut. */
const lingerMs = 500;

/**
 * Ends the connection of a body that was answered unread and is long, or doesn't say how long it is: Node would
 * read it to its end. Nothing more is read, so the sender is held up.
 */
function endUnread(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { socket, headers } = incoming;
  outgoing.once("finish", () => {
    // In a moment, since Node itself begins to read on now.
    setImmediate(() => {
      if (incoming.complete || Number(headers["content-length"] ?? Infinity) <= maxUnread) return;
      linger(socket);
    });
  });
}

/**
 * Says the last word and takes no more. What is cut at once loses the answer with it where something came
 * that was never read; a peer that never closes its half would hold the socket for ever.
 */
function linger(socket: Duplex, lastWord = ""): void {
  socket.pause();
  socket.end(lastWord);
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

/** What can't even become a request: a bad host or address. */
function answerUnreadable(cause: unknown): Response {
  const isTheirs = cause instanceof RequestError;
  const error = isTheirs
    ? new AppError("INVALID_REQUEST", "The address of the request is invalid", { cause })
    : new AppError("INTERNAL_ERROR", "Something went wrong on our side", { cause });
  const headers = { ...securityHeaders };
  return Response.json(errorBody(error, newId("req")), { status: error.status, headers });
}

/** What isn't HTTP, has too large a head, or doesn't come to its end. */
function refuseConnection(cause: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || cause.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const isTooLarge = cause.code === "HPE_HEADER_OVERFLOW";
  const error = nameFault(cause);
  const status = isTooLarge ? 431 : error.status;
  const body = JSON.stringify(errorBody(error, newId("req")));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  ];
  linger(socket, `${head.join("\r\n")}\r\n\r\n${body}`);
}

function nameFault(cause: NodeJS.ErrnoException): AppError {
  switch (cause.code) {
    case "HPE_HEADER_OVERFLOW":
      return new AppError("PAYLOAD_TOO_LARGE", "The head of the request is too large", { cause });
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new AppError("REQUEST_TIMEOUT", "The request took too long to arrive", { cause });
    default:
      return new AppError("INVALID_REQUEST", "This is not HTTP", { cause });
  }
}
