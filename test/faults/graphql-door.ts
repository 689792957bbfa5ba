import { visitBySocket, type SocketTalk } from "./socket-visit.ts";
import type { Arrival } from "./turn-record.ts";
import { departFor, type Door, type Visit } from "./visit.ts";

/** Of docs/graphql.md: the slow reader, the restart, later. */
const announcing = [4408, 1012, 1013];

const askMutation = `mutation Ask($input: SendMessageInput!) {
  sendMessage(input: $input) { answer { id } chat { id } }
}`;

const eventFields = `__typename messageId attempt cursor place
  ... on ResponseChunk { offset content }
  ... on ResponseComplete { finishReason totalTokens }
  ... on ResponseError { error { code } }`;

const followTurn = `subscription Turn($messageId: ID!, $after: String) {
  events: messageEvents(messageId: $messageId, after: $after) { ${eventFields} }
}`;

const followChat = `subscription Chat($chatId: ID!, $after: String) {
  events: turnEvents(chatId: $chatId, after: $after) { ${eventFields} }
}`;

interface WireError {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

interface WireEvent {
  readonly __typename: "ResponseStart" | "ResponseChunk" | "ResponseComplete" | "ResponseError";
  readonly messageId: string;
  readonly attempt: number;
  readonly cursor: string;
  readonly offset: number;
  readonly content: string;
  readonly finishReason: string;
  readonly totalTokens: number;
  readonly error: { readonly code: string };
}

interface Payload {
  readonly data?: {
    readonly events?: WireEvent | null;
    readonly sendMessage?: {
      readonly answer: { readonly id: string };
      readonly chat: { readonly id: string };
    } | null;
  } | null;
  readonly errors?: readonly WireError[];
}

type ServerMessage =
  | { readonly type: "connection_ack" | "ping" | "pong" }
  | { readonly type: "next"; readonly id: string; readonly payload: Payload }
  | { readonly type: "error"; readonly id: string; readonly payload: readonly WireError[] }
  | { readonly type: "complete"; readonly id: string };

/** graphql-ws: asks with a mutation, reads with a subscription, comes back with `after`. */
export const visitByGraphql: Door = (visit) =>
  visitBySocket(visit, {
    url: `${visit.origin.replace("http", "ws")}/graphql`,
    protocol: "graphql-transport-ws",
    announcing,
    onOpen: (talk) => talk.send({ type: "connection_init", payload: { tenantId: visit.tenantId } }),
    onMessage: (text, talk) => takeMessage(JSON.parse(text), visit, talk),
  });

function takeMessage(message: ServerMessage, visit: Visit, talk: SocketTalk): void {
  switch (message.type) {
    case "connection_ack":
      return begin(visit, talk);
    case "ping":
      return talk.send({ type: "pong" });
    case "error":
      return fail(message.payload, talk);
    case "next":
      if (message.payload.errors) return fail(message.payload.errors, talk);
      return takeData(message.payload.data ?? {}, visit, talk);
    case "complete":
      if (message.id === "ask" || visit.isDone()) return;
      return talk.depart({ type: "cut", why: "complete without an ending" });
    case "pong":
      return;
  }
}

function begin({ errand }: Visit, talk: SocketTalk): void {
  if (errand.type === "ask") {
    const { content, key: clientMessageId, chatId } = errand;
    const input = { content, clientMessageId, ...(chatId ? { chatId } : {}) };
    return subscribe(talk, "ask", askMutation, { input });
  }
  if (errand.type === "chat") {
    const { chatId, place: after } = errand;
    return subscribe(talk, "read", followChat, { chatId, after });
  }
  const { messageId, cursor } = errand;
  const after = cursor && `${messageId}/${cursor}`;
  return subscribe(talk, "read", followTurn, { messageId, after });
}

function subscribe(talk: SocketTalk, id: string, query: string, variables: object): void {
  talk.send({ type: "subscribe", id, payload: { query, variables } });
}

function fail(errors: readonly WireError[], talk: SocketTalk): void {
  const [first] = errors;
  talk.depart(departFor(first?.extensions?.code ?? "NO_CODE", first?.message));
}

function takeData(data: NonNullable<Payload["data"]>, visit: Visit, talk: SocketTalk): void {
  if (data.sendMessage) {
    const { answer, chat } = data.sendMessage;
    visit.onAccepted({ chatId: chat.id, messageId: answer.id });
    return subscribe(talk, "read", followTurn, { messageId: answer.id });
  }
  if (data.events) visit.onArrival(toArrival(data.events));
}

function toArrival(event: WireEvent): Arrival {
  const { messageId, attempt, cursor } = event;
  const place = { messageId, attempt, cursor };
  switch (event.__typename) {
    case "ResponseStart":
      return { ...place, type: "start" };
    case "ResponseChunk":
      return { ...place, type: "chunk", offset: event.offset, content: event.content };
    case "ResponseComplete": {
      const { totalTokens } = event;
      const finishReason = event.finishReason.toLowerCase();
      return { ...place, type: "end", ending: { finishReason, errorCode: null, totalTokens } };
    }
    case "ResponseError": {
      const errorCode = event.error.code;
      return {
        ...place,
        type: "end",
        ending: { finishReason: null, errorCode, totalTokens: undefined },
      };
    }
  }
}
