import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { handleProtocols } from "graphql-ws";
import { WebSocketServer, type WebSocket } from "ws";
import { AppError } from "../core/errors.ts";
import { restartText } from "../core/restart.ts";
import { securityHeaders } from "../core/security-headers.ts";
import { endConnection, terminateSoon, watchConnection } from "../core/watched-connection.ts";
import { formatErrors, toGraphqlError, type PresentError } from "./error.ts";
import type { DoorDeps, Graphql } from "./deps.ts";
import { createProtocol, tenantIdOf, type Connection } from "./socket-protocol.ts";
import { closeCodes, maxFirstFrameBytes, maxFrameBytes } from "./socket.ts";
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
): Pick<Graphql, "upgrade" | "drain" | "close"> {
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
  const protocol = createProtocol(deps, engine, present);

  /** The library itself would wait for a silent peer for 30 seconds. */
  function end(ws: WebSocket, code: number, reason: string): void {
    if (ws.readyState === ws.OPEN) endConnection(ws, clock, code, reason);
  }

  function accept(ws: WebSocket, request: IncomingMessage): void {
    const leaving = new AbortController();
    const close = (code: number, reason: string) => end(ws, code, reason);
    const refuseSize = () => close(closeCodes.tooLarge, "PAYLOAD_TOO_LARGE");
    const work = createWork(leaveIfDone);
    function leaveIfDone(): void {
      if (isDraining && work.isDone) close(closeCodes.serviceRestart, restartText);
    }
    const connection: Served = {
      request,
      close,
      left: leaving.signal,
      pause: work.pause,
      leaveIfDone,
    };
    connections.set(ws, connection);
    deps.onConnect();
    const isAdmitted = () => connection.admitted !== undefined;
    const onMessage = (receive: (text: string) => Promise<void>) => {
      // The library gives each message as one buffer, unless it is told otherwise.
      ws.on("message", (data: Buffer) => {
        if (!isAdmitted() && data.length > maxFirstFrameBytes) return refuseSize();
        work.add(receive(data.toString())).catch((error: unknown) => {
          logger.error({ err: error, tenant_id: tenantIdOf(connection) }, "A connection failed");
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
        ws.on("error", (error) => {
          logger.debug({ err: error }, "A connection broke the protocol");
          terminateSoon(ws, clock);
        });
        if (isDraining) end(ws, closeCodes.serviceRestart, restartText);
        else accept(ws, request);
      });
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
