import type { ServerFrame } from "../../api/ws/protocol.ts";

type CompleteData = Extract<ServerFrame, { type: "response_complete" }>["data"];
export type Source = CompleteData["sources"][number];
export type Citation = CompleteData["citations"][number];
export type FinishReason = CompleteData["finish_reason"];

/** Why a question was not taken or an answer ended badly. */
export interface MessageError {
  readonly code: string;
  /** Safe to show. */
  readonly message: string;
  /** Milliseconds since 1970; before it a retry can't succeed. */
  readonly retryAt?: number;
}

/** What the reader thinks of an answer. */
export interface Feedback {
  readonly rating: "up" | "down";
  /** At most 1,000 characters. */
  readonly comment: string | null;
}

export interface ChatMessage {
  /** The server's id; of a question not yet taken its `client_message_id`. */
  readonly id: string;
  readonly content: string;
  readonly role: "user" | "assistant" | "system";
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly status: "sending" | "sent" | "error";
  readonly metadata?: MessageMetadata;
}

export interface MessageMetadata {
  /** True while more of this answer may come. */
  readonly streaming?: boolean;
  readonly total_tokens?: number;
  readonly cost_estimate?: number;
  readonly sources?: readonly Source[];
  /** Of an answer: each number in its text, checked; missing where the server is of an earlier release. */
  readonly citations?: readonly Citation[];
  readonly finish_reason?: FinishReason;
  readonly model?: string;
  /** Of an answer: what it had to do without, such as `model_unavailable`. */
  readonly degraded?: readonly string[];
  /** Of an answer: null when it was taken back. */
  readonly feedback?: Feedback | null;
  /** Of a question. */
  readonly client_message_id?: string;
  /** Of an answer: the id of its question. */
  readonly reply_to?: string;
  /** Of an answer: whose text this is; a higher one starts it afresh. */
  readonly attempt?: number;
  /** Of an answer: the highest attempt that has begun, be its text there or not. */
  readonly begun?: number;
  /** Of an answer: the last place seen, to resume from. */
  readonly cursor?: string;
  /** Of an answer: a piece is missing before the one that came, so it must be resumed. */
  readonly behind?: boolean;
  /** Of a question: it went out on some connection, so taking it back is too late. */
  readonly sent?: boolean;
  /** How often it was refused and is tried again by itself; `error` says why. */
  readonly tries?: number;
  /** Of a question or its answer: the reader has asked to stop. */
  readonly stopping?: boolean;
  readonly error?: MessageError;
}

/** Whether it is a question that waits to be taken. */
export function isPending({ role, status }: ChatMessage): boolean {
  return role === "user" && status === "sending";
}
