import type { Chat } from "../../api/core/chats.ts";
import { makeChat } from "../contracts/store-fixtures.ts";
import { markOf } from "./mark.ts";
import type { Scene } from "./scene.ts";
import { giveId, type TenantRows } from "./tenant-rows.ts";

/** All tenants have a visitor of this id. */
export const visitor = "vis_1";
const mostChats = 12;

/** A chat that comes before all earlier ones in the list of its owner. */
export function draftMarkedChat(rows: TenantRows): Chat {
  const id = giveId(rows, "chat");
  const mark = markOf(rows.tenant.id);
  const createdAt = new Date(Date.UTC(2030, 0, 1) + rows.ids * 1000);
  return makeChat({
    id,
    title: `Chat ${rows.ids} of ${mark}`,
    context: { mark },
    ownerId: visitor,
    createdAt,
    updatedAt: createdAt,
  });
}

async function createChat({ target, rows }: Pick<Scene, "target" | "rows">): Promise<void> {
  const chat = draftMarkedChat(rows);
  await target.chats.createChat(rows.tenant, chat);
  rows.chats.set(chat.id, { chat, messages: [] });
}

/** The first one stays: each tenant has something that others could read. */
async function deleteChat({ target, rows, random, findings }: Scene): Promise<void> {
  const [, ...ids] = rows.chats.keys();
  if (ids.length === 0) return createChat({ target, rows });
  const id = random.pick(ids);
  const deleted = await target.chats.deleteChat(rows.tenant, id);
  findings.compare(rows.tenant.id, "delete chat", deleted, true);
  const messages = new Set(rows.chats.get(id)?.messages.map((message) => message.id));
  for (const [place, ended] of rows.endings.entries())
    if (messages.has(ended)) rows.endings[place] = "";
  rows.chats.delete(id);
}

export const chatOperations = {
  "create chat": (scene: Scene) =>
    scene.rows.chats.size < mostChats ? createChat(scene) : deleteChat(scene),
  "delete chat": deleteChat,
};
