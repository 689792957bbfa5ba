/** A cited passage, as an answer carries it and as the wire shows it. */
export interface Source {
  /** The number that the answer's text cites it by, from 1. */
  readonly number: number;
  readonly document_id: string;
  readonly title: string;
  readonly url: string | null;
  /** The headings above the passage, outermost first, joined by " › ". */
  readonly heading: string;
  /** Where its document has pages, the one on which the passage begins, from 1. */
  readonly page: number | null;
  /** The quoted words, exactly as they stand in the document. */
  readonly excerpt: string;
  /** Where `excerpt` stands in the document's text (UTF-16 units, end exclusive). */
  readonly start: number;
  readonly end: number;
  /** Relevance from 0 to 1. */
  readonly score: number;
  /**
   * True where the words that the answer quotes from it were found in it: at least one citation is verified, and no
   * quotation isn't. Null in answers of releases that checked nothing.
   */
  readonly verified: boolean | null;
}

/** How quoted words were found: to the letter, but for typography, but for little words and endings, or not at all. */
export type Match = "verbatim" | "normalised" | "fuzzy" | "none";

/** In UTF-16 units, end exclusive. */
export interface TextPlace {
  readonly start: number;
  readonly end: number;
}

/** A number in an answer's text with what was found out about it, as an answer carries it and as the wire shows it. */
export interface Citation {
  readonly number: number;
  /** Where the number stands in the answer's text, brackets included (UTF-16 units, end exclusive). */
  readonly start: number;
  readonly end: number;
  /** The words that are quoted, at most 500 UTF-16 units of them; null: it quotes none, and its sentence was compared. */
  readonly quote: string | null;
  /** Where they stand in the answer's text. */
  readonly quote_start: number | null;
  readonly quote_end: number | null;
  readonly verified: boolean;
  readonly how: Match;
  /** Of the passage of that number; null where there is none. */
  readonly document_id: string | null;
  /** Where the matching words stand in the document's text, each stretch in order; none where nothing was found. */
  readonly places: readonly TextPlace[];
  /** The number of another passage that has the quoted words; null otherwise. */
  readonly found_in: number | null;
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
  /**
   * What it follows in its branch: of an answer the question, of a question the answer before it. Null: it begins its
   * chat. Always older than itself.
   */
  readonly parentId: string | null;
  /** Whether it stands in the branch that the history shows. */
  readonly chosen: boolean;
  /** Of an answer: how often its turn has been started, from 1. */
  readonly attempt: number;
  readonly ending: Ending | null;
  /** Of an answer: what its reader thought of it. */
  readonly feedback: Feedback | null;
}

/** The place of a message among those that follow the same one: other answers to its question, or other questions there. */
export interface Variants {
  /** From 1, in the order in which they were made. */
  readonly index: number;
  readonly count: number;
  readonly previousId: string | null;
  readonly nextId: string | null;
}

/** A message as a history shows it. */
export interface ShownMessage extends Message {
  readonly variants: Variants;
}

/** Of a message that has no others in its place. */
export const onlyVariant: Variants = { index: 1, count: 1, previousId: null, nextId: null };

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
      /** Each number in the text, in order, with what it quotes; empty in answers of releases that checked nothing. */
      readonly citations: readonly Citation[];
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
