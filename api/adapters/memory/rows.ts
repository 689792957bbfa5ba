import type { UnansweredReason } from "../../core/answering/unanswered.ts";
import type { Chat } from "../../core/chats.ts";
import type { Message } from "../../core/message.ts";
import type { ChatChange } from "../../core/turns/chat-changes.ts";
import type { TurnFinish } from "../../core/turns/turn-store.ts";
import type { Tenant } from "../../core/tenant.ts";

/** A stored message, with what belongs to its turn. */
export interface Row {
  message: Message;
  /** Of an answer: the process that its attempt belongs to; null after a handover. */
  owner: string | null;
  /** Of an answer: how many processes have died while they ran it. */
  crashes: number;
  cancelRequested: boolean;
}

/** A turn that has ended, as the usage counts it. */
export interface EndedTurn {
  /** The UTC day on which it ended. */
  readonly day: string;
  readonly finish: TurnFinish;
}

/** What an attempt holds of the tenant's budget; `units` of 1e-8 dollars. */
export interface StoredHold {
  readonly messageId: string;
  readonly attempt: number;
  readonly chatId: string;
  readonly day: string;
  readonly units: number;
}

/** Everything of one tenant. */
export interface TenantRows {
  readonly chats: Map<string, Chat>;
  readonly rows: Map<string, Row>;
  /** The id of the answer that was saved for an idempotency pair. */
  readonly answersByKey: Map<string, string>;
  /** Messages by UTC day; deleting a chat doesn't give any back. */
  readonly dayCounts: Map<string, number>;
  /** In the order of their endings; deleting a chat takes none away. */
  readonly endedTurns: EndedTurn[];
  /** What models have cost by UTC day, in units of 1e-8 dollars. */
  readonly spentUnits: Map<string, number>;
  holds: readonly StoredHold[];
  /** By the id of their answer, in the order of their endings. */
  readonly unanswered: Map<string, StoredUnanswered>;
  /** The newest changes of each chat, in order. */
  readonly changes: Map<string, readonly ChatChange[]>;
}

export interface StoredUnanswered {
  readonly seq: number;
  readonly reason: UnansweredReason;
  readonly createdAt: Date;
  readonly handledAt: Date | null;
}

export type FindRows = (tenant: Tenant) => TenantRows;

export function createRows(): FindRows {
  const byTenant = new Map<string, TenantRows>();
  return ({ id }) => {
    const found = byTenant.get(id);
    if (found) return found;
    const made: TenantRows = {
      chats: new Map(),
      rows: new Map(),
      answersByKey: new Map(),
      dayCounts: new Map(),
      endedTurns: [],
      spentUnits: new Map(),
      holds: [],
      unanswered: new Map(),
      changes: new Map(),
    };
    byTenant.set(id, made);
    return made;
  };
}

/** A chat's rows in the order of their `seq`. */
export function rowsOfChat({ rows }: TenantRows, chatId: string): Row[] {
  return [...rows.values()]
    .filter((row) => row.message.chatId === chatId)
    .toSorted((a, b) => a.message.seq - b.message.seq);
}

export function isUnfinished({ message }: Row): boolean {
  return message.role === "assistant" && message.ending === null;
}

/** The row of an unfinished answer whose attempt is still that one. */
export function findAttempt(data: TenantRows, messageId: string, attempt: number): Row | undefined {
  const row = data.rows.get(messageId);
  return row && isUnfinished(row) && row.message.attempt === attempt ? row : undefined;
}
