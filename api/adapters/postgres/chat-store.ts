import type { EntityManager } from "@mikro-orm/postgresql";
import { historyChanged } from "../../core/errors.ts";
import type { ShownMessage } from "../../core/message.ts";
import type { Branches, ChatStore, Page } from "../../core/ports.ts";
import type { Tenant } from "../../core/tenant.ts";
import { fill, type RawRow } from "./at-once.ts";
import { chooseBranch, findVariants, toShown } from "./branches.ts";
import { lookForChanges, noteChange, noteMessage } from "./chat-changes.ts";
import { chatReceipt, eraseChats } from "./erase-chats.ts";
import type { KeepReceipt } from "./erasure-rows.ts";
import { toChat, toMessage, unfinishedAnswers } from "./messages.ts";
import { formatMoment, parseMoment, parseSeq, toPage } from "./pages.ts";
import { chatColumns, readChat } from "./raw-rows.ts";
import { ChatRow, MessageRow } from "./tenant-entities.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/** How deletions are kept, and whether answers may stand in streams. */
export interface ChatReceipts {
  readonly keep: KeepReceipt;
  readonly hasStreams: boolean;
  /** Told when jobs were sent. */
  readonly onSend: () => void;
}

export function createChatStore(work: TenantWork, receipts: ChatReceipts): ChatStore {
  return {
    async createChat(tenant, chat) {
      await work(tenant, (em) => em.insert(ChatRow, { ...chat, context: { ...chat.context } }));
    },
    async findChat(tenant, id) {
      const chats = `${quotedSchema(tenant)}.chats`;
      const sql = fill(`select ${chatColumns} from ${chats} where id = ?`, [id]);
      const read = await work.atOnce(tenant, [sql]);
      const [row] = read?.[0] ?? (await work(tenant, (em) => em.execute<RawRow[]>(sql)));
      return row && readChat(row);
    },
    renameChat: (tenant, id, title) =>
      work(tenant, async (em) => {
        await noteChange(em, tenant, id, "title", null);
        await em.nativeUpdate(ChatRow, { id }, { title, updatedAt: new Date() });
        const row = await em.findOne(ChatRow, { id });
        return row ? toChat(row) : undefined;
      }),
    async deleteChat(tenant, id, request) {
      const isDeleted = await work(tenant, async (em) => {
        const erased = await eraseChats(em, tenant, [id]);
        if (!erased) return false;
        if (request) {
          const receipt = chatReceipt(request, tenant.id, id, erased, receipts.hasStreams);
          await receipts.keep(em, tenant, receipt);
        }
        return true;
      });
      if (isDeleted) receipts.onSend();
      return isDeleted;
    },
    listChats: (tenant, ownerId, { limit, after }) =>
      work(tenant, async (em) => {
        const place = after === undefined ? {} : behindChat(after);
        const orderBy = [{ createdAt: "desc" }, { id: "desc" }] as const;
        const rows = await em.find(
          ChatRow,
          { ...(ownerId === "all" ? {} : { ownerId }), ...place },
          { orderBy: [...orderBy], limit: limit + 1 },
        );
        return toPage(rows, limit, toChat, formatMoment);
      }),
    moveChats: (tenant, from, to) =>
      work(tenant, (em) => em.nativeUpdate(ChatRow, { ownerId: from }, { ownerId: to })),
    listMessages: (tenant, chatId, { limit, after }, branches) =>
      work(tenant, async (em) => {
        const seq = after === undefined ? 0 : parseSeq(after);
        if (after !== undefined && branches !== "all") {
          if (await em.count(MessageRow, { chatId, seq, chosen: false })) throw historyChanged();
        }
        return listBehind(em, tenant, { chatId, seq, limit, branches });
      }),
    listMessagesBehind: (tenant, chatId, messageId, limit) =>
      work(tenant, async (em) => {
        const where = { id: messageId ?? "", chatId };
        const row = messageId === null ? undefined : await em.findOne(MessageRow, where);
        if (row === null) return { items: [], next: null, cursors: [] };
        return listBehind(em, tenant, { chatId, seq: Number(row?.seq ?? 0), limit });
      }),
    listFirstMessages: (tenant, chatIds, limit) =>
      work(tenant, async (em) => {
        const sql = firstMessagesSql(quotedSchema(tenant));
        const found = await em.execute<{ id: string }[]>(sql, [JSON.stringify(chatIds), limit + 1]);
        const where = { id: { $in: found.map(({ id }) => id) } };
        const rows = await em.find(MessageRow, where, { orderBy: { seq: "asc" } });
        const byChat = Map.groupBy(await toShown(em, tenant, rows), ({ chatId }) => chatId);
        return new Map(chatIds.map((id) => [id, toMessagePage(byChat.get(id) ?? [], limit)]));
      }),
    findVariants: (tenant, ids) => work(tenant, (em) => findVariants(em, tenant, ids)),
    chooseBranch: (tenant, id) => work(tenant, (em) => chooseBranch(em, tenant, id)),
    findMessage: (tenant, id) =>
      work(tenant, async (em) => {
        const row = await em.findOne(MessageRow, { id });
        return row ? toMessage(row) : undefined;
      }),
    findChats: (tenant, ids) =>
      work(tenant, async (em) => (await em.find(ChatRow, { id: { $in: [...ids] } })).map(toChat)),
    findMessages: (tenant, ids) =>
      work(tenant, async (em) =>
        (await em.find(MessageRow, { id: { $in: [...ids] } })).map(toMessage),
      ),
    setFeedback: (tenant, id, feedback) =>
      work(tenant, async (em) => {
        const columns = {
          rating: feedback?.rating ?? null,
          ratingComment: feedback?.comment ?? null,
        };
        await noteMessage(em, tenant, id);
        await em.nativeUpdate(MessageRow, { id, role: "assistant" }, columns);
        const row = await em.findOne(MessageRow, { id, role: "assistant" });
        return row ? toMessage(row) : undefined;
      }),
    lookForChanges: (tenant, chatId, after, limit) =>
      work(tenant, (em) => lookForChanges(em, tenant, chatId, after, limit)),
    findNextAnswer: (tenant, chatId, seq) =>
      work(tenant, async (em) => {
        const where = { chatId, role: "assistant", seq: { $gt: seq } } as const;
        const [row] = await em.find(MessageRow, where, { orderBy: { seq: "asc" }, limit: 1 });
        return row ? toMessage(row) : undefined;
      }),
    findLiveEdge: (tenant, chatId) =>
      work(tenant, async (em) => {
        const [first] = await em.find(
          MessageRow,
          { chatId, ...unfinishedAnswers },
          { orderBy: { seq: "asc" }, limit: 1 },
        );
        if (first) return Number(first.seq) - 1;
        const [newest] = await em.find(
          MessageRow,
          { chatId },
          { orderBy: { seq: "desc" }, limit: 1 },
        );
        return newest ? Number(newest.seq) : 0;
      }),
  };
}

interface MessagesBehind {
  readonly chatId: string;
  readonly seq: number;
  readonly limit: number;
  readonly branches?: Branches | undefined;
}

async function listBehind(
  em: EntityManager,
  tenant: Tenant,
  { chatId, seq, limit, branches }: MessagesBehind,
): Promise<Page<ShownMessage>> {
  const shown = branches === "all" ? {} : { chosen: true };
  const rows = await em.find(
    MessageRow,
    { chatId, ...shown, seq: { $gt: seq } },
    { orderBy: { seq: "asc" }, limit: limit + 1 },
  );
  return toMessagePage(await toShown(em, tenant, rows), limit);
}

function toMessagePage(messages: readonly ShownMessage[], limit: number): Page<ShownMessage> {
  return toPage(
    messages,
    limit,
    (message) => message,
    ({ seq }) => String(seq),
  );
}

/** Lateral, so that each chat is a short walk on the index of its order, however long it is. */
const firstMessagesSql = (schema: string) => `
  select first.id
  from jsonb_array_elements_text(?::jsonb) chat (id)
  cross join lateral (
    select id from ${schema}.chat_messages where chat_id = chat.id and chosen order by seq limit ?
  ) first`;

function behindChat(after: string) {
  const { createdAt, id } = parseMoment(after);
  return { $or: [{ createdAt: { $lt: createdAt } }, { createdAt, id: { $lt: id } }] };
}
