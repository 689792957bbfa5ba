/**
 * The least that shows a model's tokens in a browser: ws and fetch, without storage, history, limits or checks.
 * What all other servers are compared with. Environment: OPENAI_BASE_URL.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { WebSocketServer, type WebSocket } from "ws";
import { complete } from "./completion.ts";
import { listenOnLoopback } from "./listen.ts";

const baseUrl = process.env.OPENAI_BASE_URL ?? "";
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on("connection", (ws) => {
  ws.on("message", (data: Buffer) => {
    const { message }: { message: string } = JSON.parse(data.toString()).data;
    relay(ws, message).catch((error: unknown) => {
      console.error(error);
      ws.close(1011);
    });
  });
});

async function relay(ws: WebSocket, message: string): Promise<void> {
  const message_id = randomUUID();
  const send = (type: string, data: object) =>
    ws.send(JSON.stringify({ type, data: { message_id, ...data } }));
  send("response_start", {});
  for await (const content of complete(baseUrl, [{ role: "user", content: message }]))
    send("response_chunk", { content });
  send("response_complete", {});
}

listenOnLoopback(server);
