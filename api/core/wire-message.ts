import type { Chat } from "./chats.ts";
import type { Ending, ShownMessage } from "./message.ts";

/** How chats and messages look on the wire, at the doors that speak JSON. */

export function wireChat(chat: Chat) {
  return {
    id: chat.id,
    title: chat.title,
    user_id: chat.userId,
    visitor_id: chat.visitorId,
    context: { ...chat.context },
    created_at: chat.createdAt.toISOString(),
    updated_at: chat.updatedAt.toISOString(),
  };
}

export function wireMessage(message: ShownMessage) {
  return {
    id: message.id,
    chat_id: message.chatId,
    role: message.role,
    content: message.content,
    message_type: message.messageType,
    status: message.state,
    created_at: message.createdAt.toISOString(),
    client_message_id: message.clientMessageId,
    reply_to: message.replyTo,
    parent_id: message.parentId,
    chosen: message.chosen,
    variants: {
      index: message.variants.index,
      count: message.variants.count,
      previous_id: message.variants.previousId,
      next_id: message.variants.nextId,
    },
    attempt: message.role === "assistant" ? message.attempt : null,
    ...wireEnding(message.ending),
    feedback: message.feedback && { ...message.feedback },
  };
}

function wireEnding(ending: Ending | null) {
  const isComplete = ending?.type === "complete";
  return {
    finish_reason: isComplete ? ending.finishReason : null,
    total_tokens: ending?.usage.totalTokens ?? null,
    cost_estimate: ending?.usage.cost ?? null,
    sources: isComplete ? [...ending.sources] : null,
    citations: isComplete
      ? ending.citations.map(({ places, ...one }) => ({ ...one, places: [...places] }))
      : null,
    model: isComplete ? ending.model || null : null,
    degraded: isComplete ? [...ending.degraded] : null,
    error: ending?.type === "error" ? { code: ending.code, message: ending.message } : null,
  };
}
