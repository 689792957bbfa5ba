import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { handleProtocols } from "graphql-ws";
import { WebSocketServer, type WebSocket } from "ws";
import { AppError } from "../core/errors.ts";
import { restartText } from "../core/restart.ts";
import { securityHeaders } from "../core/security-headers.ts";
import { watchConnection } from "../core/watched-connection.ts";
import { formatErrors, toGraphqlError, type PresentError } from "./error.ts";
import type { DoorDeps, Graphql } from "./deps.ts";
import { createProtocol, type Connection } from "./socket-protocol.ts";
import { closeCodes, maxFrameBytes } from "./socket.ts";
import { createWork } from "./work.ts";
import type { Engine } from "./yoga.ts";

interface Served extends Connection {
  /** Tells its client to come back when the server drains and nothing is under way. */
  readonly leaveIfDone: () => void;
}

/** The subprotocol `graphql-transport-ws` on the ws library. */
export function createSocketServer(
  deps: DoorDeps,
  engine: Engine,
  present: PresentError,
): Pick<Graphql, "upgrade" | "tenantIds" | "closeTenant" | "drain" | "close"> {
  const { logger, clock } = deps;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols,
  });
  // In place of the library's own answer, which is HTML without headers.
  server.on("wsClientError", ({ message }, socket) => refuseHandshake(message, socket));
  const connections = new Map<WebSocket, Served>();
  let isDraining = false;
  const countOf = (tenantId: string) =>
    connections
      .values()
      .reduce((count, { tenant }) => count + (tenant?.id === tenantId ? 1 : 0), 0);
  const protocol = createProtocol(deps, engine, present, countOf);

  function accept(ws: WebSocket, request: IncomingMessage): void {
    const leaving = new AbortController();
    const close = (code: number, reason: string) => ws.close(code, reason);
    const work = createWork(leaveIfDone);
    function leaveIfDone(): void {
      if (isDraining && work.isDone) close(closeCodes.serviceRestart, restartText);
    }
    const connection: Served = {
      request,
      close,
      left: leaving.signal,
      pause: work.pause,
      tenant: undefined,
      leaveIfDone,
    };
    connections.set(ws, connection);
    deps.onConnect();
    const onMessage = (receive: (text: string) => Promise<void>) => {
      // The library gives each message as one buffer, unless it is told otherwise.
      ws.on("message", (data: Buffer) => {
        work.add(receive(data.toString())).catch((error: unknown) => {
          logger.error({ err: error, tenant_id: connection.tenant?.id }, "A connection failed");
          close(closeCodes.internalError, "Internal server error");
        });
      });
    };
    // Resolves when the text has left, so a subscription makes its next event only then.
    const { send } = watchConnection(ws, clock);
    const closed = protocol.opened(
      {
        protocol: ws.protocol,
        send,
        close: (code = 1000, reason = "") => close(code, reason),
        onMessage,
      },
      connection,
    );
    ws.on("close", (code, reason) => {
      leaving.abort();
      connections.delete(ws);
      deps.onDisconnect();
      closed(code, String(reason)).catch((error: unknown) =>
        logger.error({ err: error }, "A connection was not cleaned up"),
      );
    });
  }

  return {
    upgrade(request, socket, head) {
      socket.on("error", (error) => logger.debug({ err: error }, "A handshake's connection broke"));
      server.handleUpgrade(request, socket, head, (ws) => {
        ws.on("error", (error) => logger.debug({ err: error }, "A connection broke the protocol"));
        if (isDraining) ws.close(closeCodes.serviceRestart, restartText);
        else accept(ws, request);
      });
    },
    tenantIds: () => [...connections.values()].flatMap(({ tenant }) => tenant?.id ?? []),
    closeTenant(tenantId) {
      for (const { tenant, close } of connections.values()) {
        if (tenant?.id === tenantId) close(closeCodes.tenantNotFound, "TENANT_NOT_FOUND");
      }
    },
    drain() {
      isDraining = true;
      for (const { leaveIfDone } of connections.values()) leaveIfDone();
    },
    async close() {
      isDraining = true;
      const open = [...server.clients];
      const gone = Promise.all(
        open.map((ws) => new Promise((resolve) => ws.once("close", resolve))),
      );
      for (const ws of open) ws.close(closeCodes.serviceRestart, restartText);
      await new Promise<void>((resolve) => {
        const cancelTimer = clock.after(1000, resolve);
        void gone.then(() => {
          cancelTimer();
          resolve();
        });
      });
      for (const ws of server.clients) ws.terminate();
      server.close();
    },
  };
}

/** What asks for a WebSocket and isn't one, in the shape of the door's other errors. */
function refuseHandshake(message: string, socket: Duplex): void {
  const error = toGraphqlError(new AppError("INVALID_REQUEST", message));
  const body = JSON.stringify({ errors: formatErrors([error]) });
  const head = [
    "HTTP/1.1 400 Bad Request",
    "Connection: close",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  ];
  // A peer that never closes its half would hold the socket for ever.
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
