import type { UnansweredReason } from "../answering/unanswered.ts";
import type { Chat } from "../chats.ts";
import type { Ending, Message } from "../message.ts";
import type { Tenant } from "../tenant.ts";

/** A question to be saved, with the answer's empty message, in one step. */
export interface NewTurn {
  /** The chat to make first; else the one of `chatId` must be there. */
  readonly newChat?: Chat | undefined;
  readonly chatId: string;
  readonly questionId: string;
  readonly answerId: string;
  readonly content: string;
  readonly messageType: string;
  readonly idempotency?: Idempotency | undefined;
  /** The process that will run it; it must hold a lease. */
  readonly owner: string;
  readonly now: Date;
  readonly maxUnfinished: number;
  /** Left out: the question goes on with the history that is shown. */
  readonly fork?: Fork | undefined;
}

/**
 * What a turn stands beside: it begins a branch there, which is shown from then on. With another answer, `questionId` is
 * that of a question that is there already, and nothing but the answer is saved.
 */
export interface Fork {
  readonly kind: "answer" | "question";
  /** The answer or the question in whose place the new one is shown. */
  readonly besideId: string;
  /** What both follow. */
  readonly parentId: string | null;
}

/** Unique within `scope`: the same pair again finds the same turn. */
export interface Idempotency {
  readonly scope: string;
  readonly key: string;
  /** Where the same message may have been saved too; looked for where `scope` has none. */
  readonly earlier?: EarlierScope | undefined;
}

/** The scope in which the caller may have sent the message before they had a name. */
export interface EarlierScope {
  readonly scope: string;
  /** Whether the turn counts that was found there, by the chat it stands in; one that doesn't is as good as none. */
  readonly counts: (chat: Pick<Chat, "ownerId">) => boolean;
}

export interface SavedTurn {
  readonly question: Message;
  readonly answer: Message;
  /** True when the same message had been saved before: nothing new was stored. */
  readonly replayed: boolean;
}

export interface TurnStore {
  /**
   * Saves question and answer in one transaction and counts the message against the day's quota. Of saves of one
   * key at the same time, in whichever scopes, each sees what those before it have saved.
   * @throws AppError CHAT_NOT_FOUND, CHAT_BUSY, QUOTA_EXCEEDED, IDEMPOTENCY_CONFLICT; then nothing is stored.
   *   SERVICE_UNAVAILABLE: nothing is stored when the owner has no lease; else `findTurn` tells.
   */
  saveTurn(tenant: Tenant, turn: NewTurn): Promise<SavedTurn>;
  /** The turn of an answer; undefined when it was never saved. */
  findTurn(
    tenant: Tenant,
    answerId: string,
  ): Promise<Pick<SavedTurn, "question" | "answer"> | undefined>;
  /** queued → streaming, when all earlier turns of the chat have ended. */
  startAttempt(tenant: Tenant, messageId: string, attempt: number): Promise<AttemptStart>;
  /** Keeps the text so far; false when the attempt is no longer ours. */
  checkpoint(tenant: Tenant, messageId: string, attempt: number, text: string): Promise<boolean>;
  /**
   * Stores the ending, with its usage in the analytics and its cost in the budget of the day, once; false when the
   * attempt is no longer ours. With it, in one step, its question is kept as unanswered, where it is. What the message's attempts hold of the budget is settled, as BudgetStore says.
   */
  finishTurn(
    tenant: Tenant,
    messageId: string,
    attempt: number,
    finish: TurnFinish,
  ): Promise<boolean>;
  /** Remembers that the turn is to be cancelled, and announces it to the process that runs it. */
  requestCancel(tenant: Tenant, messageId: string): Promise<void>;
  /** For a process that may have missed an announcement: what it has to stop. */
  findStop(tenant: Tenant, messageId: string): Promise<"cancel" | "gone" | undefined>;
  /** The turns that have not ended, oldest first. */
  listUnfinished(tenant: Tenant): Promise<UnfinishedTurn[]>;
  /**
   * Compare-and-set of the attempt, `from` → `from + 1`, to a new owner, who must hold a lease. Safe to
   * repeat: true also where the attempt after `from` is `owner`'s already. A turn that still had an owner
   * counts one more crash.
   * @returns false when another was faster, or the turn has ended.
   */
  takeOver(tenant: Tenant, messageId: string, from: number, owner: string): Promise<boolean>;
  /** The attempt stops without an ending, in an orderly way: the turn has no owner any more. */
  handOver(tenant: Tenant, messageId: string, attempt: number): Promise<void>;
  /** The messages before a question in its branch, oldest first, at most `limit` of the newest. */
  listHistory(tenant: Tenant, question: BranchPlace, limit: number): Promise<Message[]>;
}

/** Where a message stands. */
export type BranchPlace = Pick<Message, "chatId" | "parentId">;

/**
 * `lost`: the attempt is no longer ours, or the turn has ended. `behind`: the newest answer of the same
 * chat that has to end first.
 */
export type AttemptStart = "started" | "lost" | { readonly behind: string };

export interface UnfinishedTurn {
  readonly question: Message;
  readonly answer: Message;
  readonly cancelRequested: boolean;
  /** Null after an orderly handover. */
  readonly owner: string | null;
  /** How many processes have died while they ran it. */
  readonly crashes: number;
}

/** What its process is told to stop: one turn, or without `messageId` all of a chat that was deleted. */
export interface TurnStop {
  readonly tenantId: string;
  readonly chatId: string;
  readonly messageId?: string | undefined;
}

export interface TurnFinish {
  readonly text: string;
  readonly ending: Ending;
  readonly timing: TurnTiming;
  /** Why its question is kept as unanswered. */
  readonly unanswered?: UnansweredReason | undefined;
}

/** Milliseconds from the question's arrival. */
export interface TurnTiming {
  /** Null when no text was published. */
  readonly firstChunkMs: number | null;
  readonly totalMs: number;
}
