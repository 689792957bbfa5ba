import { chatNotFound } from "../../core/chats.ts";
import { AppError, idempotencyConflict } from "../../core/errors.ts";
import type { Message } from "../../core/message.ts";
import type { Idempotency, NewTurn, SavedTurn } from "../../core/turns/turn-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { isUnfinished, rowsOfChat, type TenantRows } from "./rows.ts";

/** Saves a turn in one step: checks everything before it changes anything. @throws as TurnStore.saveTurn */
export function saveTurnInRows(
  data: TenantRows,
  tenant: Tenant,
  turn: NewTurn,
  requireLease: (process: string) => void,
): SavedTurn {
  const { idempotency } = turn;
  const replayed = idempotency && replay(data, turn, idempotency);
  if (replayed) return replayed;
  requireLease(turn.owner);

  const chat = turn.newChat ?? data.chats.get(turn.chatId);
  if (!chat) throw chatNotFound();
  const before = rowsOfChat(data, turn.chatId);
  if (before.filter(isUnfinished).length >= turn.maxUnfinished) {
    throw new AppError("CHAT_BUSY", "This chat still has questions waiting for their answers");
  }
  const day = turn.now.toISOString().slice(0, 10);
  const count = data.dayCounts.get(day) ?? 0;
  if (count >= tenant.settings.limits.messagesPerDay) throw quotaExceeded(turn.now);

  const { question, answer } = draftMessages(turn, before.at(-1)?.message.seq ?? 0);
  data.chats.set(chat.id, { ...chat, updatedAt: turn.now });
  const row = { crashes: 0, cancelRequested: false };
  data.rows.set(question.id, { ...row, message: question, owner: null });
  data.rows.set(answer.id, { ...row, message: answer, owner: turn.owner });
  if (idempotency) data.answersByKey.set(pairOf(idempotency.scope, idempotency.key), answer.id);
  data.dayCounts.set(day, count + 1);
  return { question, answer, replayed: false };
}

function replay(
  data: TenantRows,
  turn: NewTurn,
  { scope, key, earlier }: Idempotency,
): SavedTurn | undefined {
  let found = findPair(data, scope, key);
  if (!found && earlier) {
    const nameless = findPair(data, earlier.scope, key);
    const chat = data.chats.get(nameless?.question.chatId ?? "");
    if (chat && earlier.counts(chat)) found = nameless;
  }
  if (!found) return undefined;
  const { question } = found;
  const isSameChat = turn.newChat !== undefined || question.chatId === turn.chatId;
  if (question.content === turn.content && isSameChat) return { ...found, replayed: true };
  throw idempotencyConflict();
}

function findPair({ rows, answersByKey }: TenantRows, scope: string, key: string) {
  const answer = rows.get(answersByKey.get(pairOf(scope, key)) ?? "")?.message;
  const question = rows.get(answer?.replyTo ?? "")?.message;
  return answer && question && { question, answer };
}

function pairOf(scope: string, key: string): string {
  return JSON.stringify([scope, key]);
}

function quotaExceeded(now: Date): AppError {
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
  const retryAfter = Math.ceil((midnight - now.getTime()) / 1000);
  return new AppError("QUOTA_EXCEEDED", "The day's messages are used up", { retryAfter });
}

function draftMessages(turn: NewTurn, lastSeq: number): { question: Message; answer: Message } {
  const common = {
    chatId: turn.chatId,
    messageType: turn.messageType,
    createdAt: turn.now,
    ending: null,
    feedback: null,
  };
  const question: Message = {
    ...common,
    id: turn.questionId,
    seq: lastSeq + 1,
    role: "user",
    content: turn.content,
    state: "complete",
    clientMessageId: turn.idempotency?.key ?? null,
    replyTo: null,
    attempt: 1,
  };
  const answer: Message = {
    ...common,
    id: turn.answerId,
    seq: lastSeq + 2,
    role: "assistant",
    content: "",
    messageType: "text",
    state: "queued",
    clientMessageId: null,
    replyTo: turn.questionId,
    attempt: 1,
  };
  return { question, answer };
}
