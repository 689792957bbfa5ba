import type { Chat } from "../../core/chats.ts";
import type { Message } from "../../core/message.ts";
import type { RawRow } from "./at-once.ts";
import { toChat, toMessage } from "./messages.ts";
import type { ChatRow, MessageRow } from "./tenant-entities.ts";

/** Milliseconds, whatever the driver makes of points in time. */
const time = (column: string, name: string) =>
  `(extract(epoch from ${column}) * 1000)::float8 as "${name}"`;

/** What a `Chat` is made of, where it is read without the ORM. */
export const chatColumns = `id, title, user_id as "userId", visitor_id as "visitorId", context,
  owner_id as "ownerId", ${time("created_at", "createdAt")}, ${time("updated_at", "updatedAt")}`;

export function readChat(row: RawRow): Chat {
  return toChat({ ...row, ...dates(row, "createdAt", "updatedAt") } as unknown as ChatRow);
}

/** What a `Message` is made of, where it is read without the ORM. */
export const messageColumns = `id, seq, chat_id as "chatId", role, content, message_type as "messageType", state,
  reply_to as "replyTo", parent_id as "parentId", chosen, client_message_id as "clientMessageId", attempt,
  finish_reason as "finishReason", error_code as "errorCode", error_message as "errorMessage", model, sources, citations,
  prompt_tokens as "promptTokens", completion_tokens as "completionTokens", total_tokens as "totalTokens",
  cost_estimate as "costEstimate", usage_estimated as "usageEstimated", degraded, rating,
  rating_comment as "ratingComment", ${time("created_at", "createdAt")}`;

export function readMessage(row: RawRow): Message {
  return toMessage({ ...row, ...dates(row, "createdAt") } as unknown as MessageRow);
}

function dates(row: RawRow, ...names: readonly string[]): Record<string, Date> {
  return Object.fromEntries(names.map((name) => [name, new Date(Number(row[name]))]));
}
