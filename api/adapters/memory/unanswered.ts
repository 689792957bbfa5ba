import type { Unanswered, UnansweredStore } from "../../core/answering/unanswered.ts";
import { takePage } from "./pages.ts";
import type { FindRows, TenantRows } from "./rows.ts";

export function createMemoryUnanswered(rowsOf: FindRows): UnansweredStore {
  return {
    async listUnanswered(tenant, isHandled, page) {
      const data = rowsOf(tenant);
      const kept = [...data.unanswered].toReversed();
      const wanted = kept.filter(([, { handledAt }]) => (handledAt !== null) === isHandled);
      const { items, ...places } = takePage(wanted, ([, { seq }]) => [-seq], page, [0]);
      return { ...places, items: items.flatMap(([id]) => find(data, id) ?? []) };
    },
    findUnanswered: async (tenant, messageId) => find(rowsOf(tenant), messageId),
    async markUnanswered(tenant, messageId, handledAt) {
      const data = rowsOf(tenant);
      const kept = data.unanswered.get(messageId);
      if (kept) data.unanswered.set(messageId, { ...kept, handledAt });
      return find(data, messageId);
    },
  };
}

function find({ unanswered, rows }: TenantRows, messageId: string): Unanswered | undefined {
  const kept = unanswered.get(messageId);
  const answer = rows.get(messageId)?.message;
  const question = rows.get(answer?.replyTo ?? "")?.message;
  if (!kept || !answer || !question) return undefined;
  const { reason, createdAt, handledAt } = kept;
  const { chatId } = answer;
  return { messageId, chatId, question: question.content, reason, createdAt, handledAt };
}
