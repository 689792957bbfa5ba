import type { Orphan, TurnStore } from "../../core/turns/turn-store.ts";
import { findAttempt, isUnfinished, rowsOfChat, type FindRows, type TenantRows } from "./rows.ts";
import { saveTurnInRows } from "./save-turn.ts";

/** Each method changes everything in one go, without an await in between, and so is atomic. */
export function createMemoryTurns(rowsOf: FindRows, now: () => Date): TurnStore {
  return {
    saveTurn: async (tenant, turn) => saveTurnInRows(rowsOf(tenant), tenant, turn),
    async startAttempt(tenant, messageId, attempt) {
      const row = findAttempt(rowsOf(tenant), messageId, attempt);
      if (row) row.message = { ...row.message, state: "streaming" };
      return row !== undefined;
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
      const { text, ending } = finish;
      row.message = { ...row.message, content: text, ending, state: ending.type };
      const day = now().toISOString().slice(0, 10);
      if (tenant.settings.features.analytics) data.endedTurns.push({ day, finish });
      return true;
    },
    async requestCancel(tenant, messageId) {
      const row = rowsOf(tenant).rows.get(messageId);
      if (row && isUnfinished(row)) row.cancelRequested = true;
    },
    listOrphans: async (tenant, owner) => findOrphans(rowsOf(tenant), owner),
    async takeOver(tenant, messageId, from, owner) {
      const row = findAttempt(rowsOf(tenant), messageId, from);
      if (!row) return false;
      row.message = { ...row.message, attempt: from + 1, state: "queued" };
      row.owner = owner;
      return true;
    },
    async listHistory(tenant, chatId, seq, limit) {
      const messages = rowsOfChat(rowsOf(tenant), chatId).map((row) => row.message);
      const before = messages.filter((message) => message.seq < seq);
      return before.slice(Math.max(0, before.length - limit));
    },
  };
}

function findOrphans(data: TenantRows, owner: string): Orphan[] {
  const orphans: Orphan[] = [];
  for (const row of data.rows.values()) {
    const question = data.rows.get(row.message.replyTo ?? "")?.message;
    if (!question || !isUnfinished(row) || row.owner === owner) continue;
    orphans.push({ question, answer: row.message, cancelRequested: row.cancelRequested });
  }
  const age = ({ answer }: Orphan) => answer.createdAt.getTime();
  return orphans.toSorted((a, b) => age(a) - age(b) || a.answer.seq - b.answer.seq);
}
