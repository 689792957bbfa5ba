import { canOpenChat, ownerIdOf, requireOwner, type Caller } from "./access/caller.ts";
import { AppError } from "./errors.ts";
import { isId, newId } from "./ids.ts";
import { onlyVariant, type Message, type ShownMessage, type Variants } from "./message.ts";
import type { Branches, ChatStore, ChosenBranch, Page, PageRequest } from "./ports.ts";
import type { Tenant } from "./tenant.ts";

export interface Chat {
  readonly id: string;
  readonly title: string;
  /** Labels given by the caller: never an identity. */
  readonly userId: string | null;
  readonly visitorId: string | null;
  readonly context: Readonly<Record<string, unknown>>;
  /** The proven user, else visitor, who made it. */
  readonly ownerId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface NewChat {
  readonly title?: string | undefined;
  readonly userId?: string | undefined;
  readonly visitorId?: string | undefined;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
}

export const defaultChatTitle = "New chat";

/** The chat as it will be stored; the caller's proven user, else visitor, becomes its owner. */
export function draftChat(caller: Caller, fields: NewChat, now: Date): Chat {
  return {
    id: newId("chat"),
    title: fields.title ?? defaultChatTitle,
    userId: fields.userId ?? null,
    visitorId: fields.visitorId ?? null,
    context: fields.context ?? {},
    ownerId: ownerIdOf(caller) ?? null,
    createdAt: now,
    updatedAt: now,
  };
}

/** @throws AppError FEATURE_DISABLED */
export async function createChat(
  store: ChatStore,
  caller: Caller,
  fields: NewChat,
  now: Date,
): Promise<Chat> {
  requireChat(caller.tenant);
  const chat = draftChat(caller, fields, now);
  await store.createChat(caller.tenant, chat);
  return chat;
}

/** @throws AppError CHAT_NOT_FOUND, alike for a chat that isn't there and one that isn't the caller's. */
export async function openChat(store: ChatStore, caller: Caller, chatId: string): Promise<Chat> {
  const chat = isId(chatId) ? await store.findChat(caller.tenant, chatId) : undefined;
  if (!chat || !canOpenChat(caller, chat)) throw chatNotFound();
  return chat;
}

export async function renameChat(
  store: ChatStore,
  caller: Caller,
  chatId: string,
  title: string,
): Promise<Chat> {
  await openChat(store, caller, chatId);
  const chat = await store.renameChat(caller.tenant, chatId, title);
  if (!chat) throw chatNotFound();
  return chat;
}

/** The caller's own chats, newest first; all of the tenant's for its server. @throws AppError VISITOR_TOKEN_REQUIRED */
export async function listChats(
  store: ChatStore,
  caller: Caller,
  page: PageRequest,
): Promise<Page<Chat>> {
  return store.listChats(caller.tenant, requireOwner(caller), page);
}

/** The history, oldest first: of the chosen branch, or of all. @throws AppError CHAT_NOT_FOUND */
export async function listMessages(
  store: ChatStore,
  caller: Caller,
  chatId: string,
  page: PageRequest,
  branches?: Branches,
): Promise<Page<ShownMessage>> {
  await openChat(store, caller, chatId);
  return store.listMessages(caller.tenant, chatId, page, branches);
}

/** Messages as histories show them. */
export async function showMessages(
  store: Pick<ChatStore, "findVariants">,
  tenant: Tenant,
  messages: readonly Message[],
): Promise<ShownMessage[]> {
  const variants = await store.findVariants(
    tenant,
    messages.map(({ id }) => id),
  );
  return messages.map((message) => show(message, variants));
}

export async function showMessage(
  store: Pick<ChatStore, "findVariants">,
  tenant: Tenant,
  message: Message,
): Promise<ShownMessage> {
  return show(message, await store.findVariants(tenant, [message.id]));
}

/** One that was deleted meanwhile is shown as it was. */
function show(message: Message, variants: ReadonlyMap<string, Variants>): ShownMessage {
  return { ...message, variants: variants.get(message.id) ?? onlyVariant };
}

/** A message of a chat that the caller may open. @throws AppError MESSAGE_NOT_FOUND */
export async function openMessage(
  store: ChatStore,
  caller: Caller,
  messageId: string,
): Promise<Message> {
  const message = isId(messageId) ? await store.findMessage(caller.tenant, messageId) : undefined;
  const chat = message && (await store.findChat(caller.tenant, message.chatId));
  if (!message || !chat || !canOpenChat(caller, chat)) {
    throw new AppError("MESSAGE_NOT_FOUND", "Message not found");
  }
  return message;
}

/**
 * Makes the history show the branch of a message; below it, what was answered or asked last at each step.
 * @throws AppError FEATURE_DISABLED, MESSAGE_NOT_FOUND
 */
export async function chooseBranch(
  store: ChatStore,
  caller: Caller,
  messageId: string,
): Promise<ChosenBranch> {
  requireChat(caller.tenant);
  const { id } = await openMessage(store, caller, messageId);
  const chosen = await store.chooseBranch(caller.tenant, id);
  if (!chosen) throw new AppError("MESSAGE_NOT_FOUND", "Message not found");
  return chosen;
}

/** @throws AppError FEATURE_DISABLED */
export function requireChat({ settings }: Tenant): void {
  if (!settings.features.chat)
    throw new AppError("FEATURE_DISABLED", "Chat is switched off for this tenant");
}

export function chatNotFound(): AppError {
  return new AppError("CHAT_NOT_FOUND", "Chat not found");
}
