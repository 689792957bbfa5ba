import { pendingQuestions, type Conversation } from "./conversation.ts";

/** A question that was asked and not acknowledged. */
export interface PendingQuestion {
  readonly clientMessageId: string;
  readonly text: string;
  /** Null: it begins a chat. */
  readonly chatId: string | null;
  /** When it was asked, milliseconds since 1970. */
  readonly at: number;
  /** It went out, and may have been taken. */
  readonly sent: boolean;
}

/** What of a conversation nobody has taken yet; undefined when that is what it was before. */
export function changedPending(
  next: Conversation,
  before: Conversation,
): readonly PendingQuestion[] | undefined {
  const pending = pendingQuestions(next);
  const was = pendingQuestions(before);
  const isSame = pending.length === was.length && pending.every((item, at) => item === was[at]);
  return isSame && next.chatId === before.chatId ? undefined : pendingOf(next);
}

export function pendingOf(conversation: Conversation): readonly PendingQuestion[] {
  return pendingQuestions(conversation).map(({ id, content, timestamp, metadata }) => ({
    clientMessageId: id,
    text: content,
    chatId: conversation.chatId,
    at: timestamp,
    sent: metadata?.sent === true,
  }));
}

/** Empty for what isn't such a list: anything of the page can write there. */
export function parsePending(text: string | undefined): readonly PendingQuestion[] {
  if (!text) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isPending) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function isPending(value: unknown): value is PendingQuestion {
  return (
    typeof value === "object" &&
    value !== null &&
    "clientMessageId" in value &&
    typeof value.clientMessageId === "string" &&
    "text" in value &&
    typeof value.text === "string" &&
    "at" in value &&
    typeof value.at === "number" &&
    "chatId" in value &&
    (value.chatId === null || typeof value.chatId === "string")
  );
}
