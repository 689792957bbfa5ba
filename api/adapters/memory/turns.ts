import type { TurnStop, TurnStore, UnfinishedTurn } from "../../core/turns/turn-store.ts";
import { settleTurn } from "./budgets.ts";
import { listAbove } from "./branches.ts";
import { noteChange } from "./chat-changes.ts";
import { findAttempt, isUnfinished, rowsOfChat, type FindRows, type TenantRows } from "./rows.ts";
import { saveTurnInRows } from "./save-turn.ts";

export interface TurnOptions {
  /** The time that usage is counted under. */
  readonly now: () => Date;
  /** @throws AppError SERVICE_UNAVAILABLE when the process needs a lease and has none. */
  readonly requireLease: (process: string) => void;
  readonly onStop: (stop: TurnStop) => void;
}

/** Each method changes everything in one go, without an await in between, and so is atomic. */
export function createMemoryTurns(
  rowsOf: FindRows,
  { now, requireLease, onStop }: TurnOptions,
): TurnStore {
  return {
    saveTurn: async (tenant, turn) => saveTurnInRows(rowsOf(tenant), tenant, turn, requireLease),
    findTurn: async (tenant, answerId) => findPair(rowsOf(tenant), answerId),
    async startAttempt(tenant, messageId, attempt) {
      const data = rowsOf(tenant);
      const row = findAttempt(data, messageId, attempt);
      if (!row) return "lost";
      const { chatId, seq } = row.message;
      const isEarlier = (one: typeof row) => isUnfinished(one) && one.message.seq < seq;
      const behind = rowsOfChat(data, chatId).findLast(isEarlier);
      if (behind) return { behind: behind.message.id };
      row.message = { ...row.message, state: "streaming" };
      return "started";
    },
    async checkpoint(tenant, messageId, attempt, text) {
      const row = findAttempt(rowsOf(tenant), messageId, attempt);
      if (row) row.message = { ...row.message, content: text };
      return row !== undefined;
    },
    async finishTurn(tenant, messageId, attempt, finish) {
      const data = rowsOf(tenant);
      const row = findAttempt(data, messageId, attempt);
      if (!row) return false;
      const { text, ending, unanswered: reason } = finish;
      row.message = { ...row.message, content: text, ending, state: ending.type };
      noteChange(data, row.message.chatId, "message", messageId);
      const day = now().toISOString().slice(0, 10);
      settleTurn(data, messageId, attempt, ending.usage.cost, day);
      if (reason) {
        const kept = [...data.unanswered.values()];
        const seq = (kept.at(-1)?.seq ?? 0) + 1;
        data.unanswered.set(messageId, { seq, reason, createdAt: now(), handledAt: null });
      }
      if (tenant.settings.features.analytics) data.endedTurns.push({ day, finish });
      return true;
    },
    async requestCancel(tenant, messageId) {
      const row = rowsOf(tenant).rows.get(messageId);
      if (!row || !isUnfinished(row)) return;
      row.cancelRequested = true;
      onStop({ tenantId: tenant.id, chatId: row.message.chatId, messageId });
    },
    async findStop(tenant, messageId) {
      const row = rowsOf(tenant).rows.get(messageId);
      if (!row) return "gone";
      return isUnfinished(row) && row.cancelRequested ? "cancel" : undefined;
    },
    listUnfinished: async (tenant) => listUnfinished(rowsOf(tenant)),
    async takeOver(tenant, messageId, from, owner) {
      requireLease(owner);
      return takeOver(rowsOf(tenant), messageId, from, owner);
    },
    async handOver(tenant, messageId, attempt) {
      const row = findAttempt(rowsOf(tenant), messageId, attempt);
      if (row) row.owner = null;
    },
    listHistory: async (tenant, question, limit) => listAbove(rowsOf(tenant), question, limit),
  };
}

function findPair({ rows }: TenantRows, answerId: string) {
  const answer = rows.get(answerId)?.message;
  const question = rows.get(answer?.replyTo ?? "")?.message;
  return question && answer && { question, answer };
}

function takeOver(data: TenantRows, messageId: string, from: number, owner: string): boolean {
  const row = findAttempt(data, messageId, from);
  if (!row) return findAttempt(data, messageId, from + 1)?.owner === owner;
  row.message = { ...row.message, attempt: from + 1, state: "queued" };
  if (row.owner !== null) row.crashes += 1;
  row.owner = owner;
  return true;
}

function listUnfinished(data: TenantRows): UnfinishedTurn[] {
  const turns: UnfinishedTurn[] = [];
  for (const row of data.rows.values()) {
    const question = data.rows.get(row.message.replyTo ?? "")?.message;
    if (!question || !isUnfinished(row)) continue;
    const { message: answer, cancelRequested, owner, crashes } = row;
    turns.push({ question, answer, cancelRequested, owner, crashes });
  }
  const age = ({ answer }: UnfinishedTurn) => answer.createdAt.getTime();
  return turns.toSorted((a, b) => age(a) - age(b) || a.answer.seq - b.answer.seq);
}
