import { keptChanges, type ChangeKind, type ChatLook } from "../../core/turns/chat-changes.ts";
import { isUnfinished, rowsOfChat, type TenantRows } from "./rows.ts";

/** Notes a change of a chat for those who follow it. @returns false where there is no such chat. */
export function noteChange(
  { chats, changes }: Pick<TenantRows, "chats" | "changes">,
  chatId: string,
  kind: ChangeKind,
  messageId: string | null,
): boolean {
  if (!chats.has(chatId)) return false;
  const noted = changes.get(chatId) ?? [];
  const revision = (noted.at(-1)?.revision ?? 0) + 1;
  changes.set(chatId, [...noted, { revision, kind, messageId }].slice(-keptChanges));
  return true;
}

/** As ChatStore.lookForChanges. */
export function lookForChanges(
  data: TenantRows,
  chatId: string,
  after: number | undefined,
  limit: number,
): ChatLook | undefined {
  const chat = data.chats.get(chatId);
  if (!chat) return undefined;
  const noted = data.changes.get(chatId) ?? [];
  const revision = noted.at(-1)?.revision ?? 0;
  const rows = rowsOfChat(data, chatId);
  const unfinished = rows.find(isUnfinished)?.message;
  const from = after ?? revision;
  const behind = noted.filter((change) => change.revision > from).slice(0, limit);
  const isWhole = from === revision || behind[0]?.revision === from + 1;
  if (!isWhole) return { chat, revision, unfinished, changes: undefined, messages: [] };
  const named = new Set(
    behind.flatMap(({ kind, messageId }) => (kind === "message" && messageId) || []),
  );
  const messages = rows.flatMap(({ message }) =>
    named.has(message.id) || (message.replyTo !== null && named.has(message.replyTo))
      ? message
      : [],
  );
  return { chat, revision, unfinished, changes: behind, messages };
}
