import { ChatError } from "./chat-error.ts";
import type { ChatMessage } from "./message.ts";
import type { Rest } from "./rest.ts";
import type { Chat } from "./state.ts";
import { readChat, readMessage, type WireChat, type WireMessage, type WirePage } from "./wire.ts";

/** The REST door, as far as a chat needs it; every call throws what Rest throws. */
export interface ChatApi {
  /** The whole history, oldest first. */
  listMessages(chatId: string, signal: AbortSignal): Promise<ChatMessage[]>;
  /** The visitor's own chats, newest first. @param after the `next` of the page before */
  listChats(after: string | undefined, signal: AbortSignal): Promise<WirePage<Chat>>;
  renameChat(chatId: string, title: string): Promise<Chat>;
  deleteChat(chatId: string): Promise<void>;
  /** Makes that visitor's chats those of the user who is signed in. */
  claimChats(visitorToken: string): Promise<void>;
}

const messagesPerPage = "100";
const chatsPerPage = "20";
/** How often a history that changes while it is read is begun anew. */
const mostRestarts = 5;

/** What comes is trusted to have the shapes of our own server. */
export function createChatApi(rest: Rest): ChatApi {
  const pathOf = (chatId: string) => `chat/${encodeURIComponent(chatId)}`;

  async function readHistory(chatId: string, signal: AbortSignal): Promise<ChatMessage[]> {
    const messages: ChatMessage[] = [];
    let after: string | null = null;
    do {
      const query = { limit: messagesPerPage, ...(after === null ? {} : { after }) };
      const path = `${pathOf(chatId)}/messages`;
      const page = (await rest({ method: "GET", path, query, signal })) as WirePage<WireMessage>;
      messages.push(...page.items.map(readMessage));
      after = page.next;
    } while (after !== null);
    return messages;
  }

  return {
    async listMessages(chatId, signal) {
      for (let restarts = 0; ; restarts += 1) {
        try {
          return await readHistory(chatId, signal);
        } catch (error) {
          // Another branch was chosen between two pages.
          const isOther = error instanceof ChatError && error.code === "INVALID_CURSOR";
          if (!isOther || restarts === mostRestarts) throw error;
        }
      }
    },
    async listChats(after, signal) {
      const query = { limit: chatsPerPage, ...(after === undefined ? {} : { after }) };
      const page = await rest({ method: "GET", path: "chat/", query, signal });
      const { items, next } = page as WirePage<WireChat>;
      return { items: items.map(readChat), next };
    },
    async renameChat(chatId, title) {
      const chat = await rest({ method: "PATCH", path: pathOf(chatId), body: { title } });
      return readChat(chat as WireChat);
    },
    async deleteChat(chatId) {
      await rest({ method: "DELETE", path: pathOf(chatId) });
    },
    async claimChats(visitorToken) {
      const body = { visitor_token: visitorToken };
      await rest({ method: "POST", path: "auth/claim", body });
    },
  };
}
