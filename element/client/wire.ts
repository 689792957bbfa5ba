import type { ChatMessage, Feedback, MessageMetadata } from "./message.ts";
import type { Chat } from "./state.ts";

/** A message as the REST door gives it, as far as it is read here. */
export interface WireMessage {
  readonly id: string;
  readonly role: ChatMessage["role"];
  readonly content: string;
  readonly status: "queued" | "streaming" | "complete" | "error";
  /** ISO 8601. */
  readonly created_at: string;
  readonly client_message_id: string | null;
  readonly reply_to: string | null;
  readonly attempt: number | null;
  readonly finish_reason: MessageMetadata["finish_reason"] | null;
  readonly total_tokens: number | null;
  readonly cost_estimate: number | null;
  readonly sources: MessageMetadata["sources"] | null;
  readonly citations?: MessageMetadata["citations"] | null;
  readonly model: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly degraded?: readonly string[] | null;
  readonly feedback?: Feedback | null;
}

export interface WirePage<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
}

/** A stored message as the conversation holds it. */
export function readMessage(wire: WireMessage): ChatMessage {
  const isUnderWay = wire.status === "queued" || wire.status === "streaming";
  return {
    id: wire.id,
    content: wire.content,
    role: wire.role,
    timestamp: Date.parse(wire.created_at),
    status: wire.status === "error" ? "error" : "sent",
    metadata: wire.role === "assistant" ? readAnswer(wire, isUnderWay) : readQuestion(wire),
  };
}

function readQuestion({ client_message_id }: WireMessage): MessageMetadata {
  return client_message_id === null ? {} : { client_message_id };
}

function readAnswer(wire: WireMessage, isUnderWay: boolean): MessageMetadata {
  const { reply_to, finish_reason, total_tokens, cost_estimate, sources, model } = wire;
  const { citations, degraded, feedback, error } = wire;
  const facts = { reply_to, finish_reason, total_tokens, cost_estimate, sources, model };
  return {
    ...withoutNulls({ ...facts, citations, degraded, feedback, error }),
    streaming: isUnderWay,
    // The stored text of an unfinished answer may be that of an older attempt: whichever is resumed,
    // from its start, takes its place.
    attempt: isUnderWay ? 0 : (wire.attempt ?? 0),
  };
}

type WithoutNulls<Fields> = { [Name in keyof Fields]?: NonNullable<Fields[Name]> };

function withoutNulls<Fields extends object>(fields: Fields): WithoutNulls<Fields> {
  const known = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(known) as WithoutNulls<Fields>;
}

/** A chat as the REST door gives it, as far as it is read here. */
export type WireChat = Required<Chat>;

export function readChat({ id, title, created_at, updated_at }: WireChat): Chat {
  return { id, title, created_at, updated_at };
}
