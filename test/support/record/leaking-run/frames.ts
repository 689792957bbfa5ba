import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

const frame = process.env["FRAME"];
const sentFrame = process.env["CLIENT_FRAME"];

test("frames are sent", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => {
    if (frame) socket.send(frame);
    socket.on("message", () => socket.close());
  });
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  if (frame) await once(client, "message");
  else await once(client, "open");
  client.send(sentFrame ?? "{}");
  await once(client, "close");
  server.close();
});
