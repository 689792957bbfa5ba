/**
 * What a good engineer writes by hand for one organisation: ws, pg and fetch. A chat's messages are stored and its
 * history is given to the model. No tenants, limits, resuming, joining, usage, documents, erasure or other doors.
 * Environment: DATABASE_URL, OPENAI_BASE_URL.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import pg from "pg";
import { WebSocketServer, type WebSocket } from "ws";
import { complete, type ChatMessage } from "./completion.ts";
import { listenOnLoopback } from "./listen.ts";

const baseUrl = process.env.OPENAI_BASE_URL ?? "";
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const historyLength = 20;
const maxMessageLength = 16_000;
const pingMs = 15_000;

await pool.query(`
  create table if not exists chats (id uuid primary key, created_at timestamptz not null default now());
  create table if not exists messages (
    id uuid primary key,
    chat_id uuid not null references chats on delete cascade,
    seq bigint generated always as identity,
    role text not null,
    content text not null,
    total_tokens integer,
    created_at timestamptz not null default now()
  );
  create index if not exists messages_chat on messages (chat_id, seq)`);

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 64 * 1024 });

interface Frame {
  readonly type?: unknown;
  readonly data?: { readonly message?: unknown; readonly chat_id?: unknown };
}

sockets.on("connection", (ws) => {
  let chatId: string | undefined;
  let isAlive = true;
  let last = Promise.resolve();
  const timer = setInterval(() => {
    if (!isAlive) return ws.terminate();
    isAlive = false;
    ws.ping();
  }, pingMs);
  ws.on("pong", () => (isAlive = true));
  ws.on("close", () => clearInterval(timer));
  ws.on("error", () => ws.terminate());
  ws.on("message", (data: Buffer) => {
    // One after another, so that the answers of a chat keep their order.
    last = last
      .then(async () => {
        chatId = await answer(ws, data, chatId);
      })
      .catch((error: unknown) => {
        console.error(error);
        send(ws, "error", { message: "Something went wrong" });
      });
  });
});

async function answer(ws: WebSocket, raw: Buffer, known: string | undefined): Promise<string> {
  const { message, chatId } = readFrame(raw);
  const chat = chatId ?? known ?? (await makeChat());
  const { rows } = await pool.query<ChatMessage>({
    name: "ask",
    text: `with question as (insert into messages (id, chat_id, role, content) values ($1, $2, 'user', $3))
           select role, content from messages where chat_id = $2 order by seq desc limit $4`,
    values: [randomUUID(), chat, message, historyLength],
  });
  const message_id = randomUUID();
  const common = { message_id, chat_id: chat };
  send(ws, "response_start", common);
  let text = "";
  const parts = complete(baseUrl, [...rows.reverse(), { role: "user", content: message }]);
  let part = await parts.next();
  while (!part.done) {
    text += part.value;
    send(ws, "response_chunk", { ...common, content: part.value });
    part = await parts.next();
  }
  await pool.query({
    name: "keep",
    text: `insert into messages (id, chat_id, role, content, total_tokens) values ($1, $2, 'assistant', $3, $4)`,
    values: [message_id, chat, text, part.value],
  });
  send(ws, "response_complete", { ...common, total_tokens: part.value });
  return chat;
}

function readFrame(raw: Buffer): { message: string; chatId: string | undefined } {
  const { type, data }: Frame = JSON.parse(raw.toString());
  const { message, chat_id: chatId } = data ?? {};
  if (type !== "chat_message" || typeof message !== "string" || message.trim() === "")
    throw new Error("A chat_message with a text is expected");
  if (message.length > maxMessageLength) throw new Error("The message is too long");
  return { message, chatId: typeof chatId === "string" ? chatId : undefined };
}

async function makeChat(): Promise<string> {
  const id = randomUUID();
  await pool.query({ name: "chat", text: "insert into chats (id) values ($1)", values: [id] });
  return id;
}

function send(ws: WebSocket, type: string, data: object): void {
  if (ws.readyState === ws.OPEN) ws.send(JSON.stringify({ type, data }));
}

listenOnLoopback(server);
