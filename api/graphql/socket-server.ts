import type { IncomingMessage } from "node:http";
import { handleProtocols } from "graphql-ws";
import { WebSocketServer, type WebSocket } from "ws";
import type { PresentError } from "./error.ts";
import type { DoorDeps, Graphql } from "./deps.ts";
import { createProtocol, type Connection } from "./socket-protocol.ts";
import { closeCodes, createSender, keepAlive, maxFrameBytes } from "./socket.ts";
import type { Engine } from "./yoga.ts";

/** The subprotocol `graphql-transport-ws` on the ws library. */
export function createSocketServer(
  deps: DoorDeps,
  engine: Engine,
  present: PresentError,
): Pick<Graphql, "upgrade" | "tenantIds" | "closeTenant" | "close"> {
  const { logger, clock } = deps;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols,
  });
  const connections = new Map<WebSocket, Connection>();
  const countOf = (tenantId: string) =>
    connections
      .values()
      .reduce((count, { tenant }) => count + (tenant?.id === tenantId ? 1 : 0), 0);
  const protocol = createProtocol(deps, engine, present, countOf);

  function accept(ws: WebSocket, request: IncomingMessage): void {
    const leaving = new AbortController();
    const close = (code: number, reason: string) => ws.close(code, reason);
    const connection: Connection = { request, close, left: leaving.signal, tenant: undefined };
    connections.set(ws, connection);
    deps.onConnect();
    keepAlive(ws, clock);
    const onMessage = (receive: (text: string) => Promise<void>) => {
      // The library gives each message as one buffer, unless it is told otherwise.
      ws.on("message", (data: Buffer) => {
        receive(data.toString()).catch((error: unknown) => {
          logger.error({ err: error, tenant_id: connection.tenant?.id }, "A connection failed");
          close(closeCodes.internalError, "Internal server error");
        });
      });
    };
    const send = createSender(ws, clock);
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
        accept(ws, request);
      });
    },
    tenantIds: () => [...connections.values()].flatMap(({ tenant }) => tenant?.id ?? []),
    closeTenant(tenantId) {
      for (const { tenant, close } of connections.values()) {
        if (tenant?.id === tenantId) close(closeCodes.tenantNotFound, "TENANT_NOT_FOUND");
      }
    },
    async close() {
      const open = [...server.clients];
      const gone = Promise.all(
        open.map((ws) => new Promise((resolve) => ws.once("close", resolve))),
      );
      for (const ws of open) ws.close(closeCodes.serviceRestart, "The server restarts: come back");
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
