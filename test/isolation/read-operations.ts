import { visitor } from "./chat-operations.ts";
import type { Scene } from "./scene.ts";
import { findHeldMessage, pickMessage, type TenantRows } from "./tenant-rows.ts";

const pageSize = 100;
const historySize = 20;

async function readHistory({ target, rows, random, findings }: Scene): Promise<void> {
  const { tenant } = rows;
  const id = random.pick([...rows.chats.keys()]);
  const held = rows.chats.get(id)?.messages ?? [];
  const page = await target.chats.listMessages(tenant, id, { limit: pageSize });
  const shown = page.items.map(pickMessage);
  findings.compare(tenant.id, "messages", shown, held.slice(0, pageSize));
  const end = { chatId: id, parentId: held.at(-1)?.id ?? null };
  const history = await target.turns.listHistory(tenant, end, historySize);
  findings.compare(tenant.id, "history", history.map(pickMessage), held.slice(-historySize));
}

async function list({ target, rows, findings }: Scene): Promise<void> {
  const { tenant } = rows;
  const chats = await target.chats.listChats(tenant, visitor, { limit: pageSize });
  const held = [...rows.chats.values()].map(({ chat }) => chat).toReversed();
  const show = (items: readonly (typeof held)[number][]) =>
    items.map(({ id, title, context, ownerId }) => ({ id, title, context, ownerId }));
  findings.compare(tenant.id, "chats", show(chats.items), show(held));
  const documents = await target.documents.listDocuments(tenant);
  const titles = [...rows.documents.values()].map(({ title }) => title).toSorted();
  findings.compare(tenant.id, "documents", documents.map(({ title }) => title).toSorted(), titles);
  const ids = held.map(({ id }) => id);
  const pages = await target.chats.listFirstMessages(tenant, ids, 2);
  const firsts = ids.map((id) => pages.get(id)?.items.map(pickMessage));
  const heldFirsts = ids.map((id) => rows.chats.get(id)?.messages.slice(0, 2));
  findings.compare(tenant.id, "first messages", firsts, heldFirsts);
}

/** Reads and writes by an id that another tenant really has: they must find the own row of that id, or none. */
async function useForeignId({ target, rows, other, random, findings }: Scene): Promise<void> {
  const { tenant } = rows;
  const [chatId, messageId] = drawIds(other, random.next());
  const chat = await target.chats.findChat(tenant, chatId);
  const heldTitle = rows.chats.get(chatId)?.chat.title;
  findings.compare(tenant.id, "find another's chat", chat?.title, heldTitle);
  if (!rows.chats.has(chatId)) {
    const page = await target.chats.listMessages(tenant, chatId, { limit: pageSize });
    findings.compare(tenant.id, "read another's chat", page.items, []);
    const deleted = await target.chats.deleteChat(tenant, chatId);
    findings.compare(tenant.id, "delete another's chat", deleted, false);
  }
  if (messageId === undefined) return;
  const held = findHeldMessage(rows, messageId);
  const message = await target.chats.findMessage(tenant, messageId);
  findings.compare(tenant.id, "find another's message", message && pickMessage(message), held);
  if (held) return;
  const kept = await target.turns.checkpoint(tenant, messageId, 1, "written by a stranger");
  findings.compare(tenant.id, "write another's message", kept, false);
}

function drawIds(
  other: TenantRows,
  share: number,
): [chatId: string, messageId: string | undefined] {
  const chats = [...other.chats.values()];
  const drawn = chats[Math.floor(share * chats.length)];
  if (!drawn) throw new Error(`${other.tenant.id} has no chat`);
  return [drawn.chat.id, drawn.messages.at(-1)?.id];
}

export const readOperations = {
  "read history": readHistory,
  list,
  "use another tenant's id": useForeignId,
};
