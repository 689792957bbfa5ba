import type { EntityManager } from "@mikro-orm/postgresql";
import type { TurnFinish, TurnStore } from "../../core/turns/turn-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { settleTurn } from "./budget-store.ts";
import { listAbove } from "./branches.ts";
import { noteMessage } from "./chat-changes.ts";
import { fromEnding, whereAttempt } from "./messages.ts";
import { findTurn, saveTurn } from "./save-turn.ts";
import { AnalyticsRow, MessageRow, UnansweredRow } from "./tenant-entities.ts";
import type { TenantWork } from "./tenant-work.ts";
import { findStop, requestCancel } from "./turn-stops.ts";
import {
  handOver,
  listUnfinished,
  startAtOnce,
  startAttempt,
  takeOver,
} from "./unfinished-turns.ts";

export function createTurnStore(work: TenantWork): TurnStore {
  return {
    saveTurn: (tenant, turn) => saveTurn(work, tenant, turn),
    findTurn: (tenant, answerId) => work(tenant, (em) => findTurn(em, answerId)),
    async startAttempt(tenant, id, attempt) {
      if (await startAtOnce(work, tenant, id, attempt)) return "started";
      return work(tenant, (em) => startAttempt(em, tenant, id, attempt));
    },
    checkpoint: (tenant, id, attempt, content) =>
      work(tenant, async (em) => {
        const where = whereAttempt(id, attempt);
        return (await em.nativeUpdate(MessageRow, where, { content })) === 1;
      }),
    finishTurn: (tenant, id, attempt, finish) =>
      work(tenant, (em) => storeEnding(em, tenant, id, attempt, finish)),
    requestCancel: (tenant, id) => work(tenant, (em) => requestCancel(em, tenant, id)),
    findStop: (tenant, id) => work(tenant, (em) => findStop(em, id)),
    listUnfinished: (tenant) => work(tenant, listUnfinished),
    takeOver: (tenant, id, from, owner) =>
      work(tenant, (em) => takeOver(em, tenant, id, from, owner)),
    handOver: (tenant, id, attempt) => work(tenant, (em) => handOver(em, id, attempt)),
    listHistory: (tenant, question, limit) => listAbove(work, tenant, question, limit),
  };
}

async function storeEnding(
  em: EntityManager,
  tenant: Tenant,
  id: string,
  attempt: number,
  finish: TurnFinish,
): Promise<boolean> {
  const { text, ending, unanswered: reason } = finish;
  const columns = fromEnding(ending);
  const endedAt = new Date();
  // First, since it locks the chat. Where the attempt is no longer ours, those who follow the chat look once in vain.
  await noteMessage(em, tenant, id);
  const updated = await em.nativeUpdate(MessageRow, whereAttempt(id, attempt), {
    ...columns,
    content: text,
    endedAt,
  });
  if (updated === 0) return false;
  if (reason) await em.insert(UnansweredRow, { messageId: id, reason, createdAt: endedAt });
  if (tenant.settings.features.analytics) await addToAnalytics(em, id, attempt, finish);
  // Last: all endings of the tenant that cost something meet in the row of the day.
  await settleTurn(em, tenant, id, attempt, ending.usage.cost);
  return true;
}

async function addToAnalytics(
  em: EntityManager,
  id: string,
  attempt: number,
  { ending, timing }: TurnFinish,
): Promise<void> {
  const { chatId } = await em.findOneOrFail(MessageRow, { id }, { fields: ["chatId"] });
  await em.insert(AnalyticsRow, {
    chatId,
    messageId: id,
    attempt,
    outcome: ending.type === "error" ? ending.code : ending.finishReason,
    model: ending.type === "error" ? null : ending.model,
    promptTokens: ending.usage.promptTokens,
    completionTokens: ending.usage.completionTokens,
    totalTokens: ending.usage.totalTokens,
    costEstimate: ending.usage.cost,
    usageEstimated: ending.usage.estimated,
    firstChunkMs: timing.firstChunkMs,
    totalMs: timing.totalMs,
  });
}
