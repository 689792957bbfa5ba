import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { readEvents } from "../../rest/sse.ts";
import type { Platform } from "../../support/platform.ts";
import { openWs } from "../../support/ws-client.ts";
import type { Shown, State, Told } from "./picture.ts";

/** What one is told who follows a chat, each with its place. Cuts the line when the signal aborts. */
export type Door = (
  platform: Platform,
  chatId: string,
  after: string | undefined,
  signal: AbortSignal,
) => AsyncGenerator<{ readonly told: Told; readonly place: string }>;

export const tenantId = "garden";

interface WireMessage {
  readonly id: string;
  readonly content: string;
  readonly status: string;
  readonly feedback: { readonly rating: string } | null;
  readonly chosen: boolean;
}

export function toShown({ id, content, status, feedback, chosen }: WireMessage): Shown {
  const rating = feedback?.rating.toLowerCase() ?? null;
  return { id, content, status: status.toLowerCase(), rating, chosen };
}

interface WireFrame {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

function toTold({ type, data }: WireFrame): Told {
  const given = data as {
    message: WireMessage;
    messages: WireMessage[];
    chat: { title: string };
    parent_id: string | null;
    message_id: string;
    offset: number;
    content: string;
  };
  const messageId = given.message_id;
  switch (type) {
    case "subscribed":
    case "chat_reset":
    case "chat_deleted":
      return { type };
    case "message_changed":
      return { type, message: toShown(given.message) };
    case "chat_changed":
      return { type, title: given.chat.title };
    case "branch_changed":
      return { type, parentId: given.parent_id, messages: given.messages.map(toShown) };
    case "response_start":
      return { type, messageId };
    case "response_chunk":
      return { type, messageId, offset: given.offset, content: given.content };
    case "response_complete":
      return { type: "response_end", messageId };
    default:
      throw new Error(`Told of ${type}: ${JSON.stringify(data)}`);
  }
}

const placeOf = ({ data }: WireFrame) => String(data["place"]);

export async function* followRaw(...[{ wsUrl }, chat_id, after, signal]: Parameters<Door>) {
  const client = await openWs(wsUrl, { tenant_id: tenantId });
  signal.addEventListener("abort", client.drop);
  client.send("subscribe", { chat_id, after });
  try {
    await client.until("connection_established");
    for (;;) {
      const frame: WireFrame = await client.next();
      yield { told: toTold(frame), place: placeOf(frame) };
    }
  } finally {
    await client.close();
  }
}

export async function* followSse(...[{ url }, chatId, after, signal]: Parameters<Door>) {
  const response = await fetch(`${url}/api/v1/chat/${chatId}/events?changes=true`, {
    headers: {
      "X-Tenant-ID": tenantId,
      Accept: "text/event-stream",
      ...(after && { "Last-Event-ID": after }),
    },
    signal,
  });
  if (response.status !== 200) throw new Error(await response.text());
  const reader = readEvents(response);
  for (let event = await reader.next(); event; event = await reader.next()) {
    if (event.id !== placeOf(event.frame)) throw new Error("An event without its place");
    yield { told: toTold(event.frame), place: event.id };
  }
}

const query = `subscription ($chatId: ID!, $after: String) {
  chatUpdated(chatId: $chatId, after: $after) {
    __typename place
    ... on MessageChanged { message { ...M } }
    ... on ChatChanged { chat { title } }
    ... on BranchChanged { parentId messages { ...M } }
    ... on TurnProgressed { event { __typename messageId ... on ResponseChunk { content offset } } }
  }
}
fragment M on Message { id content status chosen feedback { rating } }`;

interface Update {
  readonly __typename: string;
  readonly place: string;
  readonly message: WireMessage;
  readonly messages: readonly WireMessage[];
  readonly parentId: string | null;
  readonly chat: { readonly title: string };
  readonly event: { __typename: string; messageId: string; content: string; offset: number };
}

const types: Readonly<Record<string, string>> = {
  ChatSubscribed: "subscribed",
  MessageChanged: "message_changed",
  ChatChanged: "chat_changed",
  BranchChanged: "branch_changed",
  ChatReset: "chat_reset",
  ChatDeleted: "chat_deleted",
  ResponseStart: "response_start",
  ResponseChunk: "response_chunk",
  ResponseComplete: "response_complete",
};

export async function* followGraphql(...[{ url }, chatId, after, signal]: Parameters<Door>) {
  let isConnected = false;
  const client = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { tenantId },
    retryAttempts: 0,
    on: {
      connected() {
        isConnected = true;
        if (signal.aborted) client.terminate();
      },
    },
  });
  // A line that is not there yet can't be cut.
  signal.addEventListener("abort", () => isConnected && client.terminate());
  try {
    const variables = { chatId, ...(after && { after }) };
    for await (const { data, errors } of client.iterate<{ chatUpdated: Update }>({
      query,
      variables,
    })) {
      if (!data) throw new Error(JSON.stringify(errors));
      const { parentId: parent_id, event, ...update } = data.chatUpdated;
      const type = types[event?.__typename ?? update.__typename] ?? update.__typename;
      const told = { ...update, ...event, parent_id, message_id: event?.messageId };
      yield { told: toTold({ type, data: told }), place: update.place };
    }
  } finally {
    await client.dispose();
  }
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export async function call(
  { url }: Platform,
  method: string,
  path: string,
  json?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/api/v1/chat${path}`, {
    method,
    headers: { "X-Tenant-ID": tenantId, "Content-Type": "application/json", ...headers },
    ...(json && { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  return { status: response.status, body: text ? (JSON.parse(text) as Answer["body"]) : {} };
}

/** As the history shows it; undefined when the chat is gone. */
export async function readState(
  platform: Platform,
  chatId: string,
  branches = "chosen",
): Promise<State | undefined> {
  const chat = await call(platform, "GET", `/${chatId}`);
  const page = await call(platform, "GET", `/${chatId}/messages?limit=100&branches=${branches}`);
  if (chat.status === 404 || page.status === 404) return undefined;
  if (page.body["next"] !== null) throw new Error("The history has a second page");
  const messages = (page.body["items"] as WireMessage[]).map(toShown);
  return { title: String(chat.body["title"]), messages };
}
