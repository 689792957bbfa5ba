import type { BudgetDay } from "./answering/budget.ts";
import type { Chat } from "./chats.ts";
import type { ErasureRequest } from "./erasure/erasure.ts";
import type { LookUp } from "./limits/strangers.ts";
import type { Feedback, Message, ShownMessage, Variants } from "./message.ts";
import type { Tenant } from "./tenant.ts";
import type { ChatLook } from "./turns/chat-changes.ts";

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
  /**
   * The active tenant of that id; undefined alike for unknown, suspended and malformed ones. At most a second old.
   * @param lookUp runs what has to be looked up because nothing is known of it yet. @throws AppError what that throws
   */
  findTenant(id: string, lookUp?: LookUp): Promise<Tenant | undefined>;
  /** The tenant of that id, whether or not it is active now: its turns must end all the same. */
  findTenantInAnyState(id: string): Promise<FoundTenant | undefined>;
  /** The origins that any active tenant allows: what a preflight, which can't name a tenant, is held against. */
  allowedOrigins(): Promise<ReadonlySet<string>>;
}

export interface FoundTenant {
  readonly tenant: Tenant;
  /** False while it is suspended. */
  readonly isActive: boolean;
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

/** Of which branches a history is read; `chosen` where nothing is said. */
export type Branches = "chosen" | "all";

export interface ChosenBranch {
  readonly chatId: string;
  /** The message behind which another branch is shown now; null: from the chat's start. */
  readonly forkId: string | null;
  /** False where the message was shown already. */
  readonly changed: boolean;
}

export interface ChatStore {
  createChat(tenant: Tenant, chat: Chat): Promise<void>;
  findChat(tenant: Tenant, id: string): Promise<Chat | undefined>;
  renameChat(tenant: Tenant, id: string, title: string): Promise<Chat | undefined>;
  /**
   * Deletes the chat with its messages; false when it was not there. What is held of the budget in it is charged.
   * @param request of the receipt that is kept with the deletion; left out: none is
   */
  deleteChat(tenant: Tenant, id: string, request?: ErasureRequest): Promise<boolean>;
  /** The chats owned by a user or a visitor, newest first; `all`: of every owner and of none. */
  listChats(tenant: Tenant, ownerId: string, page: PageRequest): Promise<Page<Chat>>;
  /** Gives the chats of one owner to another. @returns how many. */
  moveChats(tenant: Tenant, from: string, to: string): Promise<number>;
  /**
   * A chat's messages in order: those of the chosen branch, or with `all` those of all branches.
   * @throws AppError INVALID_CURSOR also when the page goes on behind a message that has left the chosen branch
   */
  listMessages(
    tenant: Tenant,
    chatId: string,
    page: PageRequest,
    branches?: Branches,
  ): Promise<Page<ShownMessage>>;
  /** The chosen messages behind that message, which stands in that branch; null: from the beginning. */
  listMessagesBehind(
    tenant: Tenant,
    chatId: string,
    messageId: string | null,
    limit: number,
  ): Promise<Page<ShownMessage>>;
  /** The first page of the chosen branch of each of these chats, by the chat's id, in one look; empty for one that isn't there. */
  listFirstMessages(
    tenant: Tenant,
    chatIds: readonly string[],
    limit: number,
  ): Promise<ReadonlyMap<string, Page<ShownMessage>>>;
  /** The places of those of the messages that are there, by their ids. */
  findVariants(tenant: Tenant, ids: readonly string[]): Promise<ReadonlyMap<string, Variants>>;
  /**
   * Makes the history show the branch of that message: it, what is before it, and below it the newest at each step. One
   * that is shown already stays as it is. Undefined when it isn't there.
   */
  chooseBranch(tenant: Tenant, messageId: string): Promise<ChosenBranch | undefined>;
  findMessage(tenant: Tenant, id: string): Promise<Message | undefined>;
  /** Those of the ids that are there, in any order. */
  findChats(tenant: Tenant, ids: readonly string[]): Promise<Chat[]>;
  findMessages(tenant: Tenant, ids: readonly string[]): Promise<Message[]>;
  /** Null takes the feedback back. Undefined when there is no such answer. */
  setFeedback(tenant: Tenant, id: string, feedback: Feedback | null): Promise<Message | undefined>;
  /**
   * What has changed in a chat behind the revision `after`, at most `limit` changes; without `after` none. Undefined for
   * a chat that isn't there.
   */
  lookForChanges(
    tenant: Tenant,
    chatId: string,
    after: number | undefined,
    limit: number,
  ): Promise<ChatLook | undefined>;
  /** The first answer of the chat behind `seq`. */
  findNextAnswer(tenant: Tenant, chatId: string, seq: number): Promise<Message | undefined>;
  /** The `seq` just before the first unfinished answer, else of the newest message; 0 in an empty chat. */
  findLiveEdge(tenant: Tenant, chatId: string): Promise<number>;
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
  /** What language models have cost on that UTC day, and what is held for answers under way. */
  readBudget(tenant: Tenant, day: string): Promise<BudgetDay>;
}
