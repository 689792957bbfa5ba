import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { AppError, toAppError } from "../core/errors.ts";
import { reconnectFrame, restartText } from "../core/restart.ts";
import { securityHeaders } from "../core/security-headers.ts";
import { createSocket } from "./connection.ts";
import { openHandshake, type Handshake } from "./handshake.ts";
import { closeCodes, errorFrame, maxPayloadBytes, type ServerFrame } from "./protocol.ts";
import { createSession, type Session, type SessionDeps } from "./session.ts";

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
  /**
   * From here on nobody is let in. Who is connected is told to come back: at once where nothing is read, else
   * when the last turn that is read has ended.
   */
  drain(): void;
  /** Tells all clients that are left to come back, and waits until they are gone, at most a second. */
  close(): Promise<void>;
}

/** The paths of the door, with and without their last slash. @param prefix API_V1_STR */
export function wsPaths(prefix: string): ReadonlySet<string> {
  const paths = [`${prefix}/ws/chat`, `${prefix}/ws`, "/ws", "/api/ws"];
  return new Set(paths.flatMap((path) => [path, `${path}/`]));
}

const maxWaitingFrames = 32;
const restarting = new AppError("SERVICE_UNAVAILABLE", restartText, {
  retryAfter: reconnectFrame.data.retry_after,
});

interface Connected {
  readonly ws: WebSocket;
  readonly session: Session;
}

/** The raw WebSocket door on the ws library. */
export function createWsDoor(deps: WsDoorDeps): WsDoor {
  const { clock } = deps.reader;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxPayloadBytes,
    perMessageDeflate: false,
  });
  // In place of the library's own answer, which is HTML without headers.
  server.on("wsClientError", ({ message }, socket) =>
    writeRefusal(new AppError("INVALID_REQUEST", message), socket),
  );
  const tenants = new Map<string, Set<Connected>>();
  const connections = () => tenants.values().flatMap((connected) => connected);
  let isDraining = false;

  function accept(ws: WebSocket, handshake: Handshake): void {
    const { caller, userId } = handshake;
    const { tenant } = caller;
    const socket = createSocket(ws, clock);
    const session = createSession(deps, caller, userId, socket);
    const connection = { ws, session };
    const connected = tenants.get(tenant.id) ?? new Set();
    tenants.set(tenant.id, connected.add(connection));
    deps.onConnect();
    ws.on("close", () => {
      session.close();
      connected.delete(connection);
      if (connected.size === 0) tenants.delete(tenant.id);
      deps.onDisconnect();
    });
    receiveFrames(ws, session);
    socket.send(JSON.stringify(greet(handshake, clock.now())));
  }

  async function open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (isDraining) throw restarting;
    const handshake = await openHandshake(deps.gate, request);
    if (isDraining) throw restarting;
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
      const isRestart = error === restarting;
      ws.send(JSON.stringify(isRestart ? reconnectFrame : errorFrame(error)));
      if (isRestart) ws.close(closeCodes.serviceRestart, restartText);
      else ws.close(error.closeCode, error.code);
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
        if (error.status >= 500 && error !== restarting)
          deps.logger.error({ err: cause }, "A handshake failed");
        refuse(error, request, socket, head);
      });
    },
    tenantIds: () => [...tenants.keys()],
    closeTenant(tenantId) {
      for (const { ws } of tenants.get(tenantId) ?? [])
        ws.close(closeCodes.tenantNotFound, "TENANT_NOT_FOUND");
    },
    drain() {
      isDraining = true;
      for (const { session } of connections()) session.drain();
    },
    async close() {
      isDraining = true;
      const gone = [...server.clients].map(
        (ws) => new Promise((resolve) => ws.once("close", resolve)),
      );
      for (const { session } of connections()) session.leave();
      await new Promise<void>((resolve) => {
        const cancelTimer = clock.after(1000, resolve);
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

/** Hands the frames to the session; a client that sends faster than they are answered is held back. */
function receiveFrames(ws: WebSocket, session: Session): void {
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
}

function greet({ caller, visitorToken }: Handshake, now: number): ServerFrame {
  const { tenant, clientId, visitorId } = caller;
  return {
    type: "connection_established",
    data: {
      client_id: clientId,
      tenant_id: tenant.id,
      timestamp: new Date(now).toISOString(),
      visitor_id: visitorId ?? null,
      ...(visitorToken ? { visitor_token: visitorToken } : {}),
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
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
    ...retry,
  ];
  // A peer that never closes its half would hold the socket for ever.
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
