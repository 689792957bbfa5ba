import { wireChat, wireMessage } from "../wire-message.ts";
import type { PlacedChatEvent } from "./follow-changes.ts";
import { formatFollowPlace } from "./follow-place.ts";
import { turnFrame } from "./turn-event.ts";

export type ChatFrame = ReturnType<typeof chatFrame>;

/** The frames of what happens in a chat, each made when it is asked for. */
export async function* frameChatEvents(
  chatId: string,
  events: AsyncIterable<PlacedChatEvent>,
): AsyncGenerator<ChatFrame, void, undefined> {
  // Of the present message and attempt: both begin with a start event.
  let chunks = 0;
  for await (const placed of events) {
    const { event } = placed;
    if (event.type === "turn" && event.event.type === "start") chunks = 0;
    if (event.type === "turn" && event.event.type === "chunk") chunks += 1;
    yield chatFrame(chatId, placed, chunks);
  }
}

function chatFrame(chat_id: string, { event, place: at }: PlacedChatEvent, totalChunks: number) {
  const place = formatFollowPlace(at);
  switch (event.type) {
    case "subscribed":
      return { type: "subscribed", data: { chat_id, place } } as const;
    case "message":
      return {
        type: "message_changed",
        data: { chat_id, message: wireMessage(event.message), place },
      } as const;
    case "chat":
      return {
        type: "chat_changed",
        data: { chat_id, chat: wireChat(event.chat), place },
      } as const;
    case "branch": {
      const { parentId: parent_id, hasMore: has_more } = event;
      const messages = event.messages.map(wireMessage);
      return {
        type: "branch_changed",
        data: { chat_id, parent_id, messages, has_more, place },
      } as const;
    }
    case "reset":
      return { type: "chat_reset", data: { chat_id, place } } as const;
    case "deleted":
      return { type: "chat_deleted", data: { chat_id, place } } as const;
    case "turn":
      return withPlace(turnFrame(event.turn, event.event, totalChunks), place);
  }
}

function withPlace<Frame extends ReturnType<typeof turnFrame>>(frame: Frame, place: string) {
  return { ...frame, data: { ...frame.data, place } };
}
