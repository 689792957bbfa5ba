import type { WireChat, WireMessage } from "../../../element/client/wire.ts";

export interface RestCall {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Headers;
  readonly body: unknown;
}

interface StoredChat {
  readonly chat: WireChat;
  readonly messages: readonly WireMessage[];
}

/** The REST door, played over a few chats in memory. */
export interface FakeRest {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Every request, oldest first. */
  readonly calls: RestCall[];
  /** The visitor's chats by id, newest first. */
  readonly chats: Map<string, StoredChat>;
  /** At most as many items in a page. */
  pageSize: number;
  /** Answers in place of the chats; a thrown error is a network that is away. */
  intercept: ((call: RestCall) => Response | undefined | Promise<Response | undefined>) | undefined;
  /** Makes a chat with those messages. */
  readonly keep: (id: string, messages?: readonly WireMessage[], title?: string) => void;
}

export function createFakeRest(): FakeRest {
  const rest: FakeRest = {
    calls: [],
    chats: new Map(),
    pageSize: 100,
    intercept: undefined,
    keep(id, messages = [], title = `Title of ${id}`) {
      const at = "2030-01-01T00:00:00.000Z";
      rest.chats.set(id, { chat: { id, title, created_at: at, updated_at: at }, messages });
    },
    async fetch(url, init) {
      const call = readCall(url, init);
      rest.calls.push(call);
      return (await rest.intercept?.(call)) ?? answerCall(rest, call);
    },
  };
  return rest;
}

export function restError(status: number, code: string, headers: HeadersInit = {}): Response {
  const error = { code, message: `Refused: ${code}`, request_id: "req-1" };
  return Response.json({ error }, { status, headers });
}

/** A stored message, complete unless it is said otherwise. */
export function stored(fields: Partial<WireMessage> & Pick<WireMessage, "id">): WireMessage {
  return {
    role: "user",
    content: "What?",
    status: "complete",
    created_at: "2030-01-01T00:00:00.000Z",
    client_message_id: null,
    reply_to: null,
    attempt: fields.role === "assistant" ? 1 : null,
    finish_reason: null,
    total_tokens: null,
    cost_estimate: null,
    sources: null,
    model: null,
    error: null,
    degraded: null,
    feedback: null,
    ...fields,
  };
}

function readCall(url: string, init: RequestInit): RestCall {
  const { pathname, searchParams } = new URL(url);
  return {
    method: init.method ?? "GET",
    path: pathname.replace("/api/v1", ""),
    query: Object.fromEntries(searchParams),
    headers: new Headers(init.headers),
    body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
  };
}

function answerCall(rest: FakeRest, { method, path, query, body }: RestCall): Response {
  const [, id = "", part] = path.split("/").filter(Boolean);
  if (!id)
    return page(
      rest,
      [...rest.chats.values()].map(({ chat }) => chat),
      query,
    );
  const found = rest.chats.get(id);
  if (!found) return restError(404, "CHAT_NOT_FOUND");
  if (part === "messages") return page(rest, found.messages, query);
  if (method === "DELETE") {
    rest.chats.delete(id);
    return new Response(null, { status: 204 });
  }
  const chat = { ...found.chat, ...(body as Partial<WireChat>) };
  rest.chats.set(id, { ...found, chat });
  return Response.json(chat);
}

function page(rest: FakeRest, all: readonly unknown[], query: RestCall["query"]): Response {
  const from = Number(query["after"] ?? 0);
  const to = from + Math.min(rest.pageSize, Number(query["limit"]));
  return Response.json({ items: all.slice(from, to), next: to < all.length ? String(to) : null });
}
