import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "vite";
import { WebSocketServer, type WebSocket } from "ws";
import type { ClientFrame, ServerFrame } from "../../../api/ws/protocol.ts";
import { createSite } from "../../../scripts/site.ts";
import { makeTestFolder } from "../../support/test-folder.ts";

const root = join(import.meta.dirname, "../../..");

export interface HostSite {
  readonly siteUrl: string;
  readonly apiUrl: string;
  /** What clients sent, in order. */
  readonly received: ClientFrame[];
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

export type Answer = (
  frame: ClientFrame,
  send: (...frames: ServerFrame[]) => void,
  socket: WebSocket,
) => void;

/** The host page as it is served, under its content security policy, with a built widget and a played API. */
export async function startHostSite(greet: () => ServerFrame, answer: Answer): Promise<HostSite> {
  const outDir = await makeTestFolder("widget");
  await build({
    configFile: join(root, "element/vite.config.ts"),
    logLevel: "warn",
    build: { outDir },
  });
  const received: ClientFrame[] = [];
  const api = createServer((request, response) => {
    const file = request.url?.slice(1) ?? "";
    if (file !== "widget.js") return response.writeHead(404).end();
    readFile(join(outDir, file)).then(
      (body) =>
        response
          .writeHead(200, { "Content-Type": "text/javascript", "Access-Control-Allow-Origin": "*" })
          .end(body),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  const sockets = new WebSocketServer({ server: api });
  sockets.on("connection", (socket) => {
    const send = (...frames: ServerFrame[]) =>
      frames.forEach((frame) => socket.send(JSON.stringify(frame)));
    send(greet());
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as ClientFrame;
      received.push(frame);
      answer(frame, send, socket);
    });
  });
  const apiUrl = await listen(api);
  const site = createSite(join(root, "element/host"), apiUrl);
  const siteUrl = await listen(site);
  return {
    siteUrl,
    apiUrl,
    received,
    connections: () => sockets.clients.size,
    async close() {
      await shut(site);
      for (const socket of sockets.clients) socket.terminate();
      await shut(api);
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

async function shut(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
