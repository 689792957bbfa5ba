import type { Chat } from "./chats.ts";
import type { Ending, Feedback, FinishReason, Message, Source, Usage } from "./message.ts";
import type { Tenant } from "./tenant.ts";

/** What the core needs of the outside. Each port has one contract suite in test/contracts. */

/** Milliseconds since the epoch, and timers; injected so that tests own the time. */
export interface Clock {
  now(): number;
  /** Calls `run` once after `ms`; returns what cancels it. */
  after(ms: number, run: () => void): () => void;
}

export interface Logger {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface TenantStore {
  /** The active tenant of that id; undefined alike for unknown, suspended and malformed ones. At most a second old. */
  findTenant(id: string): Promise<Tenant | undefined>;
  /** Every active tenant, for work at the start. */
  listTenants(): Promise<Tenant[]>;
  /** The origins that any active tenant allows: what a preflight, which can't name a tenant, is held against. */
  allowedOrigins(): Promise<ReadonlySet<string>>;
}

export interface PageRequest {
  /** From 1 to 100. */
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Hand it back as `after` for the rest; null on the last page. */
  readonly next: string | null;
  /** The place behind each item: handed back as `after`, the page behind that item follows. */
  readonly cursors: readonly string[];
}

export interface ChatStore {
  createChat(tenant: Tenant, chat: Chat): Promise<void>;
  findChat(tenant: Tenant, id: string): Promise<Chat | undefined>;
  renameChat(tenant: Tenant, id: string, title: string): Promise<Chat | undefined>;
  /** Deletes the chat with its messages; false when it was not there. */
  deleteChat(tenant: Tenant, id: string): Promise<boolean>;
  /** The chats owned by a proven visitor, newest first. */
  listChats(tenant: Tenant, ownerId: string, page: PageRequest): Promise<Page<Chat>>;
  /** A chat's messages in order. */
  listMessages(tenant: Tenant, chatId: string, page: PageRequest): Promise<Page<Message>>;
  /** The first page of each of these chats, by the chat's id, in one look; empty for one that isn't there. */
  listFirstMessages(
    tenant: Tenant,
    chatIds: readonly string[],
    limit: number,
  ): Promise<ReadonlyMap<string, Page<Message>>>;
  findMessage(tenant: Tenant, id: string): Promise<Message | undefined>;
  /** Those of the ids that are there, in any order. */
  findChats(tenant: Tenant, ids: readonly string[]): Promise<Chat[]>;
  findMessages(tenant: Tenant, ids: readonly string[]): Promise<Message[]>;
  /** Null takes the feedback back. Undefined when there is no such answer. */
  setFeedback(tenant: Tenant, id: string, feedback: Feedback | null): Promise<Message | undefined>;
  /** The first answer of the chat behind `seq`. */
  findNextAnswer(tenant: Tenant, chatId: string, seq: number): Promise<Message | undefined>;
  /** The `seq` just before the first unfinished answer, else of the newest message; 0 in an empty chat. */
  findLiveEdge(tenant: Tenant, chatId: string): Promise<number>;
}

/** A question to be saved, with the answer's empty message, in one step. */
export interface NewTurn {
  /** The chat to make first; else the one of `chatId` must be there. */
  readonly newChat?: Chat | undefined;
  readonly chatId: string;
  readonly questionId: string;
  readonly answerId: string;
  readonly content: string;
  readonly messageType: string;
  /** Unique within `scope`: the same pair again finds the same turn. */
  readonly idempotency?: { readonly scope: string; readonly key: string } | undefined;
  readonly owner: string;
  readonly now: Date;
  readonly maxUnfinished: number;
}

export interface SavedTurn {
  readonly question: Message;
  readonly answer: Message;
  /** True when the same message had been saved before: nothing new was stored. */
  readonly replayed: boolean;
}

export interface TurnStore {
  /**
   * Saves question and answer in one transaction and counts the message against the day's quota.
   * @throws AppError CHAT_NOT_FOUND, CHAT_BUSY, QUOTA_EXCEEDED, IDEMPOTENCY_CONFLICT; then nothing is stored.
   */
  saveTurn(tenant: Tenant, turn: NewTurn): Promise<SavedTurn>;
  /** queued → streaming; false when the attempt is no longer ours or the turn has ended. */
  startAttempt(tenant: Tenant, messageId: string, attempt: number): Promise<boolean>;
  /** Keeps the text so far; false when the attempt is no longer ours. */
  checkpoint(tenant: Tenant, messageId: string, attempt: number, text: string): Promise<boolean>;
  /** Stores the ending, with its usage in the analytics, once; false when the attempt is no longer ours. */
  finishTurn(
    tenant: Tenant,
    messageId: string,
    attempt: number,
    finish: TurnFinish,
  ): Promise<boolean>;
  /** Remembers that the turn is to be cancelled, for the case that its process dies first. */
  requestCancel(tenant: Tenant, messageId: string): Promise<void>;
  /** Turns that had not ended when their process did, oldest first; those of `owner` are left out. */
  listOrphans(tenant: Tenant, owner: string): Promise<Orphan[]>;
  /** Compare-and-set of the attempt, `from` → `from + 1`, to a new owner; false when another was faster. */
  takeOver(tenant: Tenant, messageId: string, from: number, owner: string): Promise<boolean>;
  /** The messages of a chat before `seq`, oldest first, at most `limit` of the newest. */
  listHistory(tenant: Tenant, chatId: string, seq: number, limit: number): Promise<Message[]>;
}

export interface Orphan {
  readonly question: Message;
  readonly answer: Message;
  readonly cancelRequested: boolean;
}

export interface TurnFinish {
  readonly text: string;
  readonly ending: Ending;
  readonly timing: TurnTiming;
}

/** Milliseconds from the question's arrival. */
export interface TurnTiming {
  /** Null when no text was published. */
  readonly firstChunkMs: number | null;
  readonly totalMs: number;
}

/** What a tenant has used on one UTC day. */
export interface DayUsage {
  /** Such as `2026-11-23`. */
  readonly day: string;
  readonly turns: number;
  readonly failedTurns: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  /** US dollars. */
  readonly cost: number;
  /** Means in milliseconds; null on a day without turns that published text. */
  readonly meanFirstChunkMs: number | null;
  readonly meanTotalMs: number | null;
}

export interface UsageStore {
  /** The days from `from` to `to`, both included, that have any turns, oldest first. */
  readUsage(tenant: Tenant, from: string, to: string): Promise<DayUsage[]>;
}

/** A searchable piece of a document, as found for a question. */
export interface Passage {
  readonly id: string;
  readonly documentId: string;
  readonly title: string;
  readonly url: string | null;
  readonly heading: string;
  readonly text: string;
  /** Where `text` begins in the document's text (UTF-16 units). */
  readonly start: number;
  /** Relevance from 0 to 1. */
  readonly score: number;
}

export interface Retriever {
  /** The best passages for a question, best first; none when nothing is relevant. */
  retrieve(
    tenant: Tenant,
    question: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<Passage[]>;
}

/** Scores sentences against a question with the tenant's own search language, each from 0 to 1. */
export interface SentenceScorer {
  scoreSentences(tenant: Tenant, question: string, sentences: readonly string[]): Promise<number[]>;
}

export interface NewDocument {
  /** What it is known by: putting a document with the same source again replaces it. */
  readonly source: string;
  readonly title: string;
  readonly url: string | null;
  readonly mediaType: string;
  readonly text: string;
}

export interface StoredDocument {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  readonly url: string | null;
  readonly mediaType: string;
  readonly contentHash: string;
  /** Of its text in UTF-8, in bytes. */
  readonly size: number;
  /** When a document of this source was put for the first time. */
  readonly createdAt: Date;
}

export interface DocumentWithText extends StoredDocument {
  readonly text: string;
}

export interface PassageDraft {
  readonly heading: string;
  readonly text: string;
  readonly start: number;
}

export interface DocumentStore {
  /**
   * Stores document and passages in one step in place of those of the same source. The id of a
   * source stays over all replacements.
   */
  putDocument(
    tenant: Tenant,
    document: NewDocument,
    hash: string,
    passages: readonly PassageDraft[],
  ): Promise<PutDocument>;
  findDocument(tenant: Tenant, id: string): Promise<DocumentWithText | undefined>;
  findSource(tenant: Tenant, source: string): Promise<StoredDocument | undefined>;
  listDocuments(tenant: Tenant): Promise<StoredDocument[]>;
  /** In the order of their sources. @throws AppError INVALID_CURSOR */
  pageDocuments(tenant: Tenant, page: PageRequest): Promise<Page<StoredDocument>>;
  /** Deletes it with its passages; false when it was not there. */
  deleteDocument(tenant: Tenant, id: string): Promise<boolean>;
}

export interface PutDocument {
  readonly document: StoredDocument;
  /** False when it took the place of another. */
  readonly created: boolean;
}

export interface AnswerRequest {
  readonly tenant: Tenant;
  readonly question: string;
  readonly history: readonly Message[];
  readonly passages: readonly Passage[];
}

export interface AnswerResult {
  readonly finishReason: Exclude<FinishReason, "cancelled">;
  readonly model: string;
  readonly sources: readonly Source[];
  /** What the answer had to do without, such as `model_unavailable`. */
  readonly degraded?: readonly string[];
  /** From the provider where it says, else counted. */
  readonly usage: Usage;
}

export interface Answerer {
  /** Yields the answer's text piece by piece; an aborted signal ends it early, by return or by a throw. */
  answer(
    request: AnswerRequest,
    signal: AbortSignal,
  ): AsyncGenerator<string, AnswerResult, undefined>;
}

export interface TokenCounter {
  countTokens(text: string): number;
}

/** What models cost and can take, by name, from static data. */
export interface PriceTable {
  /** Undefined for an unknown model and for one that runs on a machine of one's own. */
  priceOf(model: string): ModelPrice | undefined;
  /** Tokens of prompt and answer together; undefined where that is not known. */
  contextOf(model: string): number | undefined;
}

/** US dollars. */
export interface ModelPrice {
  readonly inputPerToken: number;
  readonly outputPerToken: number;
  /** Of the prompt's tokens that the provider had in its cache; missing where there is no rebate. */
  readonly cachedInputPerToken?: number;
}

/** One sliding window: at most `limit` in any `windowMs`. */
export interface Limit {
  readonly limit: number;
  readonly windowMs: number;
}

export interface LimitDecision {
  readonly allowed: boolean;
  /** How many stand in the window now. */
  readonly used: number;
  /** Milliseconds until the oldest counted one leaves the window. */
  readonly resetMs: number;
  /** Milliseconds until one more would be allowed; 0 when it was. */
  readonly retryMs: number;
}

export interface Limiter {
  /** Decides and counts in one atomic step; a refused one is not counted. */
  take(key: string, limit: Limit): Promise<LimitDecision>;
}

/** Short-lived tokens that we sign ourselves. */
export interface VisitorTokens {
  issue(tenantId: string, visitorId: string): Promise<string>;
  /** The visitor's id. @throws AppError INVALID_TOKEN: forged, expired or another tenant's. */
  verify(tenantId: string, token: string): Promise<string>;
}

/** Whether a caller who shows this token is the platform's admin; compared in constant time. */
export type AdminCheck = (token: string | undefined) => boolean;
