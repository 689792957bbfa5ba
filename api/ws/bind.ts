import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { AppError, toAppError } from "../core/errors.ts";
import { createSocket, keepAlive } from "./connection.ts";
import { openHandshake, type Handshake } from "./handshake.ts";
import { closeCodes, errorFrame, maxPayloadBytes, type ServerFrame } from "./protocol.ts";
import { createSession, type SessionDeps } from "./session.ts";

export interface WsDoorDeps extends SessionDeps {
  readonly onConnect: () => void;
  readonly onDisconnect: () => void;
}

export interface WsDoor {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The tenants that have connections. */
  tenantIds(): string[];
  /** Ends the connections of a tenant that is no longer served. */
  closeTenant(tenantId: string): void;
  /** Tells all clients to come back, and waits until they are gone, at most a second. */
  close(): Promise<void>;
}

/** The paths of the door, with and without their last slash. @param prefix API_V1_STR */
export function wsPaths(prefix: string): ReadonlySet<string> {
  const paths = [`${prefix}/ws/chat`, `${prefix}/ws`, "/ws", "/api/ws"];
  return new Set(paths.flatMap((path) => [path, `${path}/`]));
}

const maxWaitingFrames = 32;

/** The raw WebSocket door on the ws library. */
export function createWsDoor(deps: WsDoorDeps): WsDoor {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxPayloadBytes,
    perMessageDeflate: false,
  });
  const tenants = new Map<string, Set<WebSocket>>();

  function accept(ws: WebSocket, { caller, userId, visitorToken }: Handshake): void {
    const { tenant, clientId, visitorId } = caller;
    const { clock } = deps.reader;
    const connections = tenants.get(tenant.id) ?? new Set();
    tenants.set(tenant.id, connections.add(ws));
    deps.onConnect();
    const socket = createSocket(ws, clock);
    const session = createSession(deps, caller, userId, socket);
    keepAlive(ws, clock);
    ws.on("close", () => {
      session.close();
      connections.delete(ws);
      if (connections.size === 0) tenants.delete(tenant.id);
      deps.onDisconnect();
    });
    let waiting = 0;
    ws.on("message", (data, isBinary) => {
      waiting += 1;
      if (waiting >= maxWaitingFrames) ws.pause();
      void session
        .receive(isBinary || !Buffer.isBuffer(data) ? undefined : data.toString())
        .finally(() => {
          waiting -= 1;
          if (ws.isPaused) ws.resume();
        });
    });
    const timestamp = new Date(clock.now()).toISOString();
    const visitor = {
      visitor_id: visitorId ?? null,
      ...(visitorToken ? { visitor_token: visitorToken } : {}),
    };
    const data = { client_id: clientId, tenant_id: tenant.id, timestamp, ...visitor };
    socket.send(JSON.stringify({ type: "connection_established", data } satisfies ServerFrame));
  }

  async function open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const handshake = await openHandshake(deps.gate, request);
    const { tenant } = handshake.caller;
    if ((tenants.get(tenant.id)?.size ?? 0) >= tenant.settings.limits.concurrentConnections) {
      throw new AppError("TOO_MANY_CONNECTIONS", "This tenant has no connection left", {
        retryAfter: 10,
      });
    }
    server.handleUpgrade(request, socket, head, (ws) => {
      watch(ws);
      accept(ws, handshake);
    });
  }

  function watch(ws: WebSocket): void {
    ws.on("error", (error) => deps.logger.debug({ err: error }, "A connection broke the protocol"));
  }

  /** A browser can't read a refused handshake's status, so it gets a frame and a close code. */
  function refuse(error: AppError, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.headers.origin === undefined) return writeRefusal(error, socket);
    server.handleUpgrade(request, socket, head, (ws) => {
      watch(ws);
      ws.send(JSON.stringify(errorFrame(error)));
      ws.close(error.closeCode, error.code);
    });
  }

  return {
    upgrade(request, socket, head) {
      // Stays for as long as the socket does: an error without a listener would end the process.
      socket.on("error", (error) =>
        deps.logger.debug({ err: error }, "A handshake's connection broke"),
      );
      open(request, socket, head).catch((cause: unknown) => {
        const error = toAppError(cause);
        if (error.status >= 500) deps.logger.error({ err: cause }, "A handshake failed");
        refuse(error, request, socket, head);
      });
    },
    tenantIds: () => [...tenants.keys()],
    closeTenant(tenantId) {
      for (const ws of tenants.get(tenantId) ?? [])
        ws.close(closeCodes.tenantNotFound, "TENANT_NOT_FOUND");
    },
    async close() {
      const gone = [...server.clients].map(
        (ws) => new Promise((resolve) => ws.once("close", resolve)),
      );
      for (const ws of server.clients)
        ws.close(closeCodes.serviceRestart, "The server restarts: come back");
      await new Promise<void>((resolve) => {
        const cancelTimer = deps.reader.clock.after(1000, resolve);
        void Promise.all(gone).then(() => {
          cancelTimer();
          resolve();
        });
      });
      for (const ws of server.clients) ws.terminate();
      server.close();
    },
  };
}

/** A refusal before the upgrade, in the JSON shape of the REST door's errors. */
function writeRefusal({ status, code, message, retryAfter }: AppError, socket: Duplex): void {
  const body = JSON.stringify({ error: { code, message } });
  const retry = retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`];
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...retry,
  ];
  // A peer that never closes its half would hold the socket for ever.
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
