import type { StreamFollowerDeps } from "./stream-follower.ts";
import type { TurnRef } from "./turn-event.ts";
import { createWake, type Wake } from "./wake.ts";

/** Who waits for what comes next in a chat, and who tells them; over all processes where there are several. */
export interface Openings {
  tell(chat: Pick<TurnRef, "tenantId" | "chatId">): void;
  /** Those in this process alone. */
  tellHere(chat: Pick<TurnRef, "tenantId" | "chatId">): void;
  /** Resolves when a turn of the chat may have been opened or something else changed there, or the signal aborts. */
  wait(tenantId: string, chatId: string, signal: AbortSignal): Promise<void>;
  /** Ends all watching of other processes. */
  close(): Promise<void>;
}

interface WatchedChat {
  readonly wake: Wake;
  waiting: number;
  readonly unwatch: Promise<() => Promise<void>>;
  cancelTimer: () => void;
}

/** Who follows a chat waits again and again: the watching is kept for so long. */
const lingerMs = 15_000;

export function createOpenings(shared: StreamFollowerDeps | undefined): Openings {
  const chats = new Map<string, WatchedChat>();
  const chatKey = (tenantId: string, chatId: string) => `${tenantId}/${chatId}`;
  const nothing = async () => {};

  function report(error: unknown, tenantId: string): () => Promise<void> {
    shared?.logger.debug({ err: error, tenant_id: tenantId }, "A chat could not be watched");
    return nothing;
  }

  function open(tenantId: string, chatId: string): WatchedChat {
    const key = chatKey(tenantId, chatId);
    const wake = createWake();
    const watched = shared
      ? shared.streams.watch({ tenantId, chatId }, () => wake.notify())
      : Promise.resolve(nothing);
    const unwatch = watched.catch((error: unknown) => {
      // The next who waits tries again.
      if (chats.get(key) === chat) chats.delete(key);
      return report(error, tenantId);
    });
    // What was opened before the watching stood was heard by nobody.
    if (shared) void unwatch.then(() => wake.notify());
    const chat: WatchedChat = { wake, waiting: 0, unwatch, cancelTimer: () => undefined };
    return chat;
  }

  async function drop(key: string, chat: WatchedChat): Promise<void> {
    chat.cancelTimer();
    if (chats.get(key) === chat) chats.delete(key);
    const unwatch = await chat.unwatch;
    await unwatch().catch((error: unknown) => report(error, key));
  }

  function tellHere({ tenantId, chatId }: Pick<TurnRef, "tenantId" | "chatId">): void {
    chats.get(chatKey(tenantId, chatId))?.wake.notify();
  }

  return {
    tell(chat) {
      tellHere(chat);
      shared?.streams.announce(chat).catch((error: unknown) => report(error, chat.tenantId));
    },
    tellHere,
    async wait(tenantId, chatId, signal) {
      const key = chatKey(tenantId, chatId);
      const chat = chats.get(key) ?? open(tenantId, chatId);
      chats.set(key, chat);
      chat.cancelTimer();
      chat.waiting += 1;
      try {
        await chat.wake.wait(signal);
      } finally {
        chat.waiting -= 1;
        if (chat.waiting === 0) {
          if (shared) chat.cancelTimer = shared.clock.after(lingerMs, () => void drop(key, chat));
          else if (chats.get(key) === chat) chats.delete(key);
        }
      }
    },
    async close() {
      await Promise.all([...chats].map(([key, chat]) => drop(key, chat)));
    },
  };
}
