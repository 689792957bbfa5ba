import type { Message, ShownMessage, Variants } from "../../core/message.ts";
import type { ChosenBranch } from "../../core/ports.ts";
import type { BranchPlace } from "../../core/turns/turn-store.ts";
import { noteChange } from "./chat-changes.ts";
import { rowsOfChat, type TenantRows } from "./rows.ts";

/** The messages before a place, the newest `limit` of them, oldest first. */
export function listAbove(
  { rows }: TenantRows,
  { parentId }: BranchPlace,
  limit: number,
): Message[] {
  const above: Message[] = [];
  let next = rows.get(parentId ?? "")?.message;
  while (next && above.length < limit) {
    above.push(next);
    next = rows.get(next.parentId ?? "")?.message;
  }
  return above.toReversed();
}

/** Makes a place the end of what is shown. */
export function showUpTo(data: TenantRows, { chatId, parentId }: BranchPlace): void {
  const forkId = show(data, chatId, listAbove(data, { chatId, parentId }, Infinity), parentId);
  noteChange(data, chatId, "branch", forkId);
}

/** As ChatStore.chooseBranch. */
export function chooseBranch(data: TenantRows, messageId: string): ChosenBranch | undefined {
  const message = data.rows.get(messageId)?.message;
  if (!message) return undefined;
  const { chatId } = message;
  if (message.chosen) return { chatId, forkId: message.parentId, changed: false };
  const way = [...listAbove(data, message, Infinity), message];
  for (let next = newestBelow(data, message); next; next = newestBelow(data, next)) way.push(next);
  const forkId = show(data, chatId, way, messageId);
  noteChange(data, chatId, "branch", forkId);
  return { chatId, forkId, changed: true };
}

function newestBelow(data: TenantRows, { chatId, id }: Message): Message | undefined {
  return rowsOfChat(data, chatId).findLast((row) => row.message.parentId === id)?.message;
}

/** Shows exactly the messages of `way`. @returns the newest that was shown before on the way to `messageId`. */
function show(
  data: TenantRows,
  chatId: string,
  way: readonly Message[],
  messageId: string | null,
): string | null {
  const shown = new Set(way.map(({ id }) => id));
  const end = way.findIndex(({ id }) => id === messageId);
  const fork = way.slice(0, end + 1).findLast(({ chosen }) => chosen);
  for (const row of rowsOfChat(data, chatId)) {
    const chosen = shown.has(row.message.id);
    if (chosen !== row.message.chosen) row.message = { ...row.message, chosen };
  }
  return fork?.id ?? null;
}

/** The place of a message. */
export function variantsOf(data: TenantRows, { id, chatId, parentId }: Message): Variants {
  const place = rowsOfChat(data, chatId).filter((row) => row.message.parentId === parentId);
  const at = place.findIndex((row) => row.message.id === id);
  return {
    index: at + 1,
    count: place.length,
    previousId: place[at - 1]?.message.id ?? null,
    nextId: place[at + 1]?.message.id ?? null,
  };
}

export function toShown(data: TenantRows, message: Message): ShownMessage {
  return { ...message, variants: variantsOf(data, message) };
}
