/** A cited passage, as an answer carries it and as the wire shows it. */
export interface Source {
  /** The number that the answer's text cites it by, from 1. */
  readonly number: number;
  readonly document_id: string;
  readonly title: string;
  readonly url: string | null;
  /** The headings above the passage, outermost first, joined by " › ". */
  readonly heading: string;
  /** The quoted words, exactly as they stand in the document. */
  readonly excerpt: string;
  /** Where `excerpt` stands in the document's text (UTF-16 units, end exclusive). */
  readonly start: number;
  readonly end: number;
  /** Relevance from 0 to 1. */
  readonly score: number;
}

export type FinishReason = "stop" | "length" | "cancelled" | "content_filter";

/** `queued` and `streaming` are a turn under way; the rest are endings. A user's message is `complete`. */
export type MessageState = "queued" | "streaming" | "complete" | "error";

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  /** US dollars. */
  readonly cost: number;
  /** True where the numbers were counted by us, or a part of them was lost with a process. */
  readonly estimated: boolean;
}

export interface Message {
  readonly id: string;
  readonly chatId: string;
  /** Grows within a chat; the order of the history. */
  readonly seq: number;
  readonly role: "user" | "assistant" | "system";
  readonly content: string;
  readonly messageType: string;
  readonly state: MessageState;
  readonly createdAt: Date;
  readonly clientMessageId: string | null;
  /** Of an answer: the question. */
  readonly replyTo: string | null;
  /** Of an answer: how often its turn has been started, from 1. */
  readonly attempt: number;
  readonly ending: Ending | null;
  /** Of an answer: what its reader thought of it. */
  readonly feedback: Feedback | null;
}

export interface Feedback {
  readonly rating: "up" | "down";
  /** In the reader's own words; at most 1,000 characters. */
  readonly comment: string | null;
}

/** How a turn ended. Exactly one is stored for each turn, and published after it is stored. */
export type Ending =
  | {
      readonly type: "complete";
      readonly finishReason: FinishReason;
      readonly usage: Usage;
      readonly sources: readonly Source[];
      readonly model: string;
      /** What the answer had to do without, such as `model_unavailable`; empty when all went as it should. */
      readonly degraded: readonly string[];
    }
  | {
      readonly type: "error";
      readonly code: string;
      readonly message: string;
      readonly usage: Usage;
    };

export const noUsage: Usage = {
  promptTokens: 0,
  completionTokens: 0,
  totalTokens: 0,
  cost: 0,
  estimated: false,
};
