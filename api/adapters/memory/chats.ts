import type { Chat } from "../../core/chats.ts";
import type { Erasure, ErasureRequest } from "../../core/erasure/erasure.ts";
import { historyChanged } from "../../core/errors.ts";
import type { Message, ShownMessage } from "../../core/message.ts";
import type { Branches, ChatStore, Page, PageRequest } from "../../core/ports.ts";
import type { TurnStop } from "../../core/turns/turn-store.ts";
import { settleChat } from "./budgets.ts";
import { chooseBranch, toShown, variantsOf } from "./branches.ts";
import { lookForChanges, noteChange } from "./chat-changes.ts";
import { compareKeys, takePage } from "./pages.ts";
import { isUnfinished, rowsOfChat, type FindRows, type TenantRows } from "./rows.ts";

/** Newest first, then by id. */
const chatKey = (chat: Chat) => [-chat.createdAt.getTime(), chat.id];

function messagesOf(
  data: TenantRows,
  chatId: string,
  page: PageRequest,
  { branches = "chosen", behind = 0 }: { branches?: Branches | undefined; behind?: number } = {},
): Page<ShownMessage> {
  const all = rowsOfChat(data, chatId).map((row) => row.message);
  const isShown = ({ chosen }: Message) => chosen || branches === "all";
  const messages = all.filter((message) => isShown(message) && message.seq > behind);
  const seqKey = ({ seq }: Message) => [seq];
  const { items, ...places } = takePage(messages, seqKey, page, [0]);
  const left = all.filter((message) => !isShown(message));
  const { cursors } = takePage(left, seqKey, { limit: left.length }, [0]);
  if (page.after !== undefined && cursors.includes(page.after)) throw historyChanged();
  return { ...places, items: items.map((message) => toShown(data, message)) };
}

function receiptOf(
  request: ErasureRequest,
  tenantId: string,
  subjectId: string,
  messages: readonly string[],
): Erasure {
  const counts = { chats: 1, chat_messages: messages.length };
  const done = { kind: "chat", state: "complete", finishedAt: new Date() } as const;
  const trail = { chats: [subjectId], messages };
  return { ...request, ...done, tenantId, subjectId, counts, trail };
}

export function createMemoryChats(
  rowsOf: FindRows,
  onStop: (stop: TurnStop) => void,
  onErase: (erasure: Erasure) => void = () => undefined,
): ChatStore {
  return {
    async createChat(tenant, chat) {
      rowsOf(tenant).chats.set(chat.id, { ...chat, context: structuredClone(chat.context) });
    },
    findChat: async (tenant, id) => rowsOf(tenant).chats.get(id),
    async renameChat(tenant, id, title) {
      const data = rowsOf(tenant);
      const { chats } = data;
      const chat = chats.get(id);
      if (!chat) return undefined;
      const renamed = { ...chat, title, updatedAt: new Date() };
      chats.set(id, renamed);
      noteChange(data, id, "title", null);
      return renamed;
    },
    async deleteChat(tenant, id, request) {
      const data = rowsOf(tenant);
      const gone = new Set(rowsOfChat(data, id).map((row) => row.message.id));
      for (const messageId of gone) {
        data.rows.delete(messageId);
        data.unanswered.delete(messageId);
      }
      for (const [key, answerId] of data.answersByKey)
        if (gone.has(answerId)) data.answersByKey.delete(key);
      if (!data.chats.delete(id)) return false;
      data.changes.delete(id);
      settleChat(data, id);
      onStop({ tenantId: tenant.id, chatId: id });
      if (request) onErase(receiptOf(request, tenant.id, id, [...gone]));
      return true;
    },
    async listChats(tenant, ownerId, page) {
      const own = [...rowsOf(tenant).chats.values()].filter(
        (chat) => ownerId === "all" || chat.ownerId === ownerId,
      );
      const sorted = own.toSorted((a, b) => compareKeys(chatKey(a), chatKey(b)));
      return takePage(sorted, chatKey, page, [0, ""]);
    },
    async moveChats(tenant, from, to) {
      const { chats } = rowsOf(tenant);
      const moved = [...chats.values()].filter((chat) => chat.ownerId === from);
      for (const chat of moved) chats.set(chat.id, { ...chat, ownerId: to });
      return moved.length;
    },
    listMessages: async (tenant, chatId, page, branches) =>
      messagesOf(rowsOf(tenant), chatId, page, { branches }),
    async listMessagesBehind(tenant, chatId, messageId, limit) {
      const data = rowsOf(tenant);
      const message = data.rows.get(messageId ?? "")?.message;
      const isThere = messageId === null || message?.chatId === chatId;
      if (!isThere) return { items: [], next: null, cursors: [] };
      return messagesOf(data, chatId, { limit }, { behind: message?.seq ?? 0 });
    },
    async listFirstMessages(tenant, chatIds, limit) {
      const rows = rowsOf(tenant);
      return new Map(chatIds.map((id) => [id, messagesOf(rows, id, { limit })]));
    },
    async findVariants(tenant, ids) {
      const data = rowsOf(tenant);
      const found = [...new Set(ids)].flatMap((id) => data.rows.get(id)?.message ?? []);
      return new Map(found.map((message) => [message.id, variantsOf(data, message)]));
    },
    chooseBranch: async (tenant, messageId) => chooseBranch(rowsOf(tenant), messageId),
    findMessage: async (tenant, id) => rowsOf(tenant).rows.get(id)?.message,
    async findChats(tenant, ids) {
      const { chats } = rowsOf(tenant);
      return [...new Set(ids)].flatMap((id) => chats.get(id) ?? []);
    },
    async findMessages(tenant, ids) {
      const { rows } = rowsOf(tenant);
      return [...new Set(ids)].flatMap((id) => rows.get(id)?.message ?? []);
    },
    async setFeedback(tenant, id, feedback) {
      const data = rowsOf(tenant);
      const row = data.rows.get(id);
      if (row?.message.role !== "assistant") return undefined;
      row.message = { ...row.message, feedback };
      noteChange(data, row.message.chatId, "message", id);
      return row.message;
    },
    lookForChanges: async (tenant, chatId, after, limit) =>
      lookForChanges(rowsOf(tenant), chatId, after, limit),
    async findNextAnswer(tenant, chatId, seq) {
      const isNext = ({ role, seq: place }: { role: string; seq: number }) =>
        role === "assistant" && place > seq;
      return rowsOfChat(rowsOf(tenant), chatId).find((row) => isNext(row.message))?.message;
    },
    async findLiveEdge(tenant, chatId) {
      const rows = rowsOfChat(rowsOf(tenant), chatId);
      const unfinished = rows.find(isUnfinished);
      return unfinished ? unfinished.message.seq - 1 : (rows.at(-1)?.message.seq ?? 0);
    },
  };
}
