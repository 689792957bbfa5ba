import { emptyAnswer } from "./answer.ts";
import { isPending, type ChatMessage } from "./message.ts";

/** A turn that another tab has begun. */
export interface TurnNews {
  readonly chatId: string;
  readonly question: ChatMessage;
  /** The id of its answer, which is under way. */
  readonly answerId: string;
}

/**
 * The stored messages with what this page knows better: an answer that it is receiving, and what the
 * server had not stored yet.
 */
export function mergeHistory(
  stored: readonly ChatMessage[],
  shown: readonly ChatMessage[],
): ChatMessage[] {
  const merged = stored.map((message) => {
    const own = shown.find((candidate) => isSame(candidate, message));
    return own?.role === "assistant" ? own : message;
  });
  return [...merged, ...shown.filter((own) => !stored.some((message) => isSame(own, message)))];
}

/** The messages with that turn at their end, unless it is there; what waits to be taken comes later. */
export function addTurn(
  messages: readonly ChatMessage[],
  { question, answerId }: TurnNews,
): readonly ChatMessage[] {
  if (messages.some(({ id }) => id === answerId)) return messages;
  const others = messages.filter((message) => !isSame(message, question));
  const answer = emptyAnswer(answerId, question.id, question.timestamp);
  const taken = others.filter((message) => !isPending(message));
  return [...taken, question, answer, ...others.filter(isPending)];
}

/** A question is known by its `client_message_id` until the server has given it an id. */
function isSame(a: ChatMessage, b: ChatMessage): boolean {
  const name = b.metadata?.client_message_id;
  return a.id === b.id || (name !== undefined && a.metadata?.client_message_id === name);
}
