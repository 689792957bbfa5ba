import { AppError } from "../core/errors.ts";
import { frameChatEvents, type ChatFrame } from "../core/turns/chat-frame.ts";
import { followChanges } from "../core/turns/follow-changes.ts";
import type { FollowAccess } from "../core/turns/follow-chat.ts";
import type { FollowPlace } from "../core/turns/follow-place.ts";
import type { ReaderDeps } from "../core/turns/read-turn.ts";
import type { Socket } from "./connection.ts";

/** How many chats one connection follows at most. */
export const maxSubscriptions = 20;

/** The chats that one connection follows. */
export interface Subscriptions {
  readonly size: number;
  /**
   * Follows a chat from that place on, or from now on; one that is followed already from the new place instead.
   * @throws AppError TOO_MANY_CONNECTIONS
   */
  begin(access: FollowAccess, chatId: string, from: FollowPlace | undefined): void;
  /**
   * Ends it. What the chat is and whose is not looked at, so that the answer tells nothing of it.
   * @throws AppError CHAT_NOT_FOUND when the connection doesn't follow it (any more)
   */
  end(chatId: string): void;
  /** Each ends at its next pause. */
  drain(): void;
  /** Ends all at once. Nothing is begun after it. */
  close(): void;
}

export interface SubscriptionEvents {
  /** Whether the connection reads the turn anyway, or has to its end, and so needs none of its events again. */
  readonly isRead: (messageId: string) => boolean;
  /** Told what following a chat failed of. */
  readonly onError: (error: unknown, chatId: string) => void;
  /** Told of each that has ended. */
  readonly onEnd: () => void;
}

/** Each frame is made when the connection has room for it. */
export function createSubscriptions(
  deps: ReaderDeps,
  socket: Socket,
  { isRead, onError, onEnd }: SubscriptionEvents,
): Subscriptions {
  const followers = new Map<string, AbortController>();
  /** Made with the first, since most connections follow nothing. */
  let draining: AbortController | undefined;
  let isDraining = false;
  let isClosed = false;

  async function relay(frames: AsyncIterable<ChatFrame>, signal: AbortSignal): Promise<void> {
    for await (const frame of frames) {
      if (isOfTurn(frame) && isRead(frame.data.message_id)) continue;
      await socket.offer(() => (signal.aborted ? undefined : Buffer.from(JSON.stringify(frame))));
      if (signal.aborted) return;
    }
  }

  return {
    get size() {
      return followers.size;
    },
    begin(access, chatId, from) {
      if (isClosed) return;
      const earlier = followers.get(chatId);
      if (!earlier && followers.size >= maxSubscriptions) throw tooMany();
      earlier?.abort();
      const abort = new AbortController();
      followers.set(chatId, abort);
      const { signal } = abort;
      draining ??= new AbortController();
      if (isDraining) draining.abort();
      const events = followChanges(deps, access, chatId, from, signal, draining.signal);
      relay(frameChatEvents(chatId, events), signal)
        .catch((error: unknown) => onError(error, chatId))
        .finally(() => {
          if (followers.get(chatId) === abort) followers.delete(chatId);
          onEnd();
        });
    },
    end(chatId) {
      const follower = followers.get(chatId);
      if (!follower) throw new AppError("CHAT_NOT_FOUND", "This connection follows no such chat");
      follower.abort();
      followers.delete(chatId);
    },
    drain() {
      isDraining = true;
      draining?.abort();
    },
    close() {
      isClosed = true;
      for (const abort of followers.values()) abort.abort();
    },
  };
}

function isOfTurn(frame: ChatFrame): frame is Extract<ChatFrame, { data: { message_id: string } }> {
  return "message_id" in frame.data;
}

function tooMany(): AppError {
  return new AppError(
    "TOO_MANY_CONNECTIONS",
    `A connection follows at most ${maxSubscriptions} chats`,
  );
}
