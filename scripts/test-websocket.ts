/**
 * The twin of test_websocket.py, on Node's own WebSocket: a ping and a question, and what comes back.
 * Usage: npm run test:websocket [-- ws-address [question]]
 */
import type { ServerFrame } from "../api/ws/protocol.ts";

const address = process.argv[2] ?? "ws://localhost:8000/api/v1/ws/chat";
const message = process.argv[3] ?? "How do I embed the widget?";
const ws = new WebSocket(`${address}?tenant_id=miptech-company&client_id=test-client`);
let answer = "";

const send = (type: string, data: object) => ws.send(JSON.stringify({ type, data }));

function handle(frame: ServerFrame): void {
  switch (frame.type) {
    case "connection_established":
      return send("ping", {});
    case "pong":
      return send("chat_message", { message });
    case "response_chunk":
      answer += frame.data.content;
      return;
    case "response_complete":
      console.log(`\n${answer}`);
      return ws.close(1000);
    case "error":
    case "rate_limit_exceeded":
      process.exitCode = 1;
      return ws.close(1000);
  }
}

ws.addEventListener("message", ({ data }) => {
  console.log(`Received: ${data}`);
  handle(JSON.parse(String(data)));
});
ws.addEventListener("error", () => {
  console.error(`No connection to ${address}: is the platform running (npm start)?`);
  process.exitCode = 1;
});
