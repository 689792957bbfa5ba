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
