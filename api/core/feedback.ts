import type { Caller } from "./access/caller.ts";
import { openMessage } from "./chats.ts";
import { AppError } from "./errors.ts";
import type { Feedback, Message } from "./message.ts";
import type { ChatStore } from "./ports.ts";
import { isStorable, notStorable } from "./storable.ts";

/** UTF-16 units. */
export const maxCommentLength = 1000;

/**
 * Keeps what a reader thinks of an answer that has ended; null takes it back.
 * @throws AppError MESSAGE_NOT_FOUND, INVALID_REQUEST
 */
export async function giveFeedback(
  chats: ChatStore,
  caller: Caller,
  messageId: string,
  feedback: Feedback | null,
): Promise<Message> {
  const message = await openMessage(chats, caller, messageId);
  if (message.role !== "assistant" || !message.ending) {
    throw new AppError("INVALID_REQUEST", "Feedback is for an answer that has ended");
  }
  const comment = feedback?.comment || null;
  if (comment && !isStorable(comment)) {
    throw new AppError("INVALID_REQUEST", `comment: ${notStorable}`);
  }
  if (comment && comment.length > maxCommentLength) {
    throw new AppError(
      "INVALID_REQUEST",
      `The comment is longer than ${maxCommentLength} characters`,
    );
  }
  const rated = await chats.setFeedback(
    caller.tenant,
    messageId,
    feedback && { rating: feedback.rating, comment },
  );
  if (!rated) throw new AppError("MESSAGE_NOT_FOUND", "Message not found");
  return rated;
}
