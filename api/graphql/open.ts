import { canOpenChat } from "../core/access/caller.ts";
import { chatNotFound, type Chat } from "../core/chats.ts";
import { AppError } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import type { Message } from "../core/message.ts";
import type { GraphqlContext } from "./context.ts";

/** @throws AppError CHAT_NOT_FOUND, alike for one that isn't there and one that isn't the caller's. */
export async function openChatOf(context: GraphqlContext, id: string): Promise<Chat> {
  const chat = isId(id) ? await context.loaded.loaders.chats.load(id) : undefined;
  if (!chat || !canOpenChat(context.caller, chat)) throw chatNotFound();
  return chat;
}

/** A message of a chat that the caller may open. @throws AppError MESSAGE_NOT_FOUND */
export async function openMessageOf(context: GraphqlContext, id: string): Promise<Message> {
  const { chats, messages } = context.loaded.loaders;
  const message = isId(id) ? await messages.load(id) : undefined;
  const chat = message && (await chats.load(message.chatId));
  if (!message || !chat || !canOpenChat(context.caller, chat)) throw messageNotFound();
  return message;
}

export function messageNotFound(): AppError {
  return new AppError("MESSAGE_NOT_FOUND", "Message not found");
}
