import { formatCursor, parseCursor, type Cursor } from "./cursor.ts";
import { AppError } from "../errors.ts";
import type { ChatPlace } from "./follow-chat.ts";
import { isId } from "../ids.ts";
import type { ChatStore } from "../ports.ts";
import { storedView } from "./read-turn.ts";
import type { Tenant } from "../tenant.ts";
import { nextEvent } from "./turn-event.ts";

/** A place in a chat as it goes out on the wire: `<message_id>/<cursor>`. */
export function formatPlace(messageId: string, cursor: Cursor): string {
  return `${messageId}/${formatCursor(cursor)}`;
}

/** A message's id alone is the place before its first event. @throws AppError INVALID_CURSOR */
export function parsePlace(text: string): ChatPlace {
  const [messageId = "", cursor, ...rest] = text.split("/");
  if (!isId(messageId) || rest.length > 0) throw unknownPlace();
  return { messageId, cursor: cursor === undefined ? undefined : parseCursor(cursor) };
}

/**
 * Before a stream starts, since after that there is no other way left to refuse.
 * @throws AppError INVALID_CURSOR for a place that isn't in this chat, or that an ended turn never had
 */
export async function checkPlace(
  chats: ChatStore,
  tenant: Tenant,
  chatId: string,
  { messageId, cursor }: ChatPlace,
): Promise<void> {
  const message = await chats.findMessage(tenant, messageId);
  if (message?.chatId !== chatId || message.role !== "assistant") throw unknownPlace();
  if (message.ending) nextEvent(storedView(message), cursor);
}

function unknownPlace(): AppError {
  return new AppError("INVALID_CURSOR", "This place is not in this chat");
}
