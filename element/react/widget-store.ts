import { create } from "zustand";
import { shallow } from "zustand/shallow";
import type { ChatClient } from "../client/chat-client.ts";
import type { WidgetConfig } from "../client/config.ts";
import { createChatSession, emptyState, type WidgetState } from "./chat-session.ts";

/** What can be done to the chat. The functions stay the same ones for ever. */
export interface WidgetActions {
  /**
   * Replaces the configuration. Another `apiUrl`, `tenantId` or `userId` begins another chat, and so does another
   * user's `token` or none; a fresh one of the same user counts at once, and ends a refusal. Null leaves the chat.
   */
  setConfig(config: Readonly<WidgetConfig> | null): void;
  /** Opens the connection; before `setConfig` it waits for that. */
  connect(): void;
  /** Closes the connection; what was said stays. */
  disconnect(): void;
  /** Asks `tokenProvider` who is signed in now; for when somebody has signed in or out. */
  authenticate(): void;
  /**
   * Asks a question, at once or as soon as there is a connection.
   * @returns whether it was taken: not before `setConfig`; see ChatClient.ask.
   */
  sendChatMessage(message: string, options?: SendOptions): boolean;
  /** See ChatClient for these; before `setConfig` they do nothing, or throw where there is something to wait for. */
  stop: ChatClient["stop"];
  retry: ChatClient["retry"];
  rate: ChatClient["rate"];
  newChat: ChatClient["newChat"];
  openChat: ChatClient["openChat"];
  reloadHistory: ChatClient["reloadHistory"];
  loadChats: ChatClient["loadChats"];
  loadMoreChats: ChatClient["loadMoreChats"];
  renameChat: ChatClient["renameChat"];
  deleteChat: ChatClient["deleteChat"];
}

export interface SendOptions {
  /** Another of the visitor's chats, which is opened first; null begins a new one. Default: the one that is open. */
  chatId?: string | null;
}

export type WidgetStore = WidgetState & WidgetActions;

const session = createChatSession((next) =>
  useWidgetStore.setState((before) => keepEqualParts(before, next)),
);

/**
 * The chat of this page, as a zustand store: one for the page, since any module may ask it through
 * `useWidgetStore.getState()`. It is written by its actions; `setState` reaches no server.
 */
export const useWidgetStore = create<WidgetStore>()(() => ({
  ...emptyState,
  setConfig: (config) => session.configure(config),
  connect: () => session.connect(),
  disconnect: () => session.disconnect(),
  authenticate: () => session.client?.authenticate(),
  sendChatMessage: (message, { chatId } = {}) => session.ask(message, chatId),
  stop: () => session.client?.stop(),
  retry: (messageId) => session.client?.retry(messageId),
  rate: (messageId, feedback) => session.client?.rate(messageId, feedback),
  newChat: () => session.client?.newChat() ?? false,
  openChat: (chatId) => session.client?.openChat(chatId) ?? false,
  reloadHistory: () => session.client?.reloadHistory(),
  loadChats: async () => configuredClient().loadChats(),
  loadMoreChats: async () => configuredClient().loadMoreChats(),
  renameChat: async (chatId, title) => configuredClient().renameChat(chatId, title),
  deleteChat: async (chatId) => configuredClient().deleteChat(chatId),
}));

/** See ChatSession.hold. */
export const holdConnection: (autoConnect: boolean) => () => void = session.hold;

function configuredClient(): ChatClient {
  if (!session.client)
    throw new Error("useWidgetStore has no configuration yet: call setConfig first");
  return session.client;
}

/** A part that says the same stays the same object, so that who selects it isn't rendered again. */
function keepEqualParts(before: WidgetState, next: WidgetState): WidgetState {
  return {
    config: next.config,
    messages: keepEqual(before.messages, next.messages),
    connection: keepEqual(before.connection, next.connection),
    chats: keepEqual(before.chats, next.chats),
    currentChat: keepEqual(before.currentChat, next.currentChat),
    streaming: keepEqual(before.streaming, next.streaming),
    history: keepEqual(before.history, next.history),
    chatList: keepEqual(before.chatList, next.chatList),
  };
}

function keepEqual<Part>(before: Part, next: Part): Part {
  return shallow(before, next) ? before : next;
}
