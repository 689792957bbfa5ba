import type { ChatStore } from "../ports.ts";
import type { TurnLog } from "./turn-log.ts";

/**
 * The store, telling those who follow a chat of each change that is made with it. New questions are told of when their
 * turns are opened, ended turns by their events.
 */
export function announceChanges(store: ChatStore, log: Pick<TurnLog, "announce">): ChatStore {
  return {
    ...store,
    async renameChat(tenant, id, title) {
      const chat = await store.renameChat(tenant, id, title);
      if (chat) log.announce(tenant.id, id);
      return chat;
    },
    async deleteChat(tenant, id, request) {
      const isDeleted = await store.deleteChat(tenant, id, request);
      if (isDeleted) log.announce(tenant.id, id);
      return isDeleted;
    },
    async setFeedback(tenant, id, feedback) {
      const message = await store.setFeedback(tenant, id, feedback);
      if (message) log.announce(tenant.id, message.chatId);
      return message;
    },
    async chooseBranch(tenant, messageId) {
      const chosen = await store.chooseBranch(tenant, messageId);
      if (chosen?.changed) log.announce(tenant.id, chosen.chatId);
      return chosen;
    },
  };
}
