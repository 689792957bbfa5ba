import type { Arrival } from "./turn-record.ts";
import { departFor, type Departure, type Errand } from "./visit.ts";

/** What a client of GraphQL asks for and gets, over whatever transport. */

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

export interface WireError {
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

/** The result of an operation, or one of them. */
export interface WireResult {
  readonly data?: {
    readonly events?: WireEvent | null;
    readonly sendMessage?: {
      readonly answer: { readonly id: string };
      readonly chat: { readonly id: string };
    } | null;
  } | null;
  readonly errors?: readonly WireError[];
}

export interface Operation {
  readonly query: string;
  readonly variables: object;
}

export function toOperation(errand: Errand): Operation {
  if (errand.type === "ask") {
    const { content, key: clientMessageId, chatId } = errand;
    const input = { content, clientMessageId, ...(chatId ? { chatId } : {}) };
    return { query: askMutation, variables: { input } };
  }
  if (errand.type === "chat") {
    const { chatId, place: after } = errand;
    return { query: followChat, variables: { chatId, after } };
  }
  const { messageId, cursor } = errand;
  const after = cursor && `${messageId}/${cursor}`;
  return { query: followTurn, variables: { messageId, after } };
}

export function departForErrors([first]: readonly WireError[]): Departure {
  return departFor(first?.extensions?.code ?? "NO_CODE", first?.message);
}

/** An event of a subscription. */
export function toArrival(event: WireEvent): Arrival {
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
      const ending = { finishReason: null, errorCode, totalTokens: undefined };
      return { ...place, type: "end", ending };
    }
  }
}
