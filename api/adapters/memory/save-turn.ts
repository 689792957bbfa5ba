import { chatNotFound } from "../../core/chats.ts";
import { AppError, idempotencyConflict } from "../../core/errors.ts";
import type { Message } from "../../core/message.ts";
import type { Idempotency, NewTurn, SavedTurn } from "../../core/turns/turn-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { showUpTo } from "./branches.ts";
import { noteChange } from "./chat-changes.ts";
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

  const { fork } = turn;
  const known = fork?.kind === "answer" ? data.rows.get(turn.questionId)?.message : undefined;
  data.chats.set(chat.id, { ...chat, updatedAt: turn.now });
  noteChange(data, chat.id, "message", known ? turn.answerId : turn.questionId);
  if (fork) showUpTo(data, { ...fork, chatId: chat.id });
  const newest = rowsOfChat(data, turn.chatId).findLast((row) => row.message.chosen);
  const place = {
    seq: before.at(-1)?.message.seq ?? 0,
    parentId: newest?.message.id ?? null,
  };
  const question = known ? { ...known, chosen: true } : draftQuestion(turn, place);
  const answer = draftAnswer(turn, place.seq + (known ? 1 : 2));
  const row = { crashes: 0, cancelRequested: false };
  if (!known) data.rows.set(question.id, { ...row, message: question, owner: null });
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
  if (isSame(found, turn)) return { ...found, replayed: true };
  throw idempotencyConflict();
}

/** What makes the message of a key the one that is sent now. */
function isSame(
  { question, answer }: Pick<SavedTurn, "question" | "answer">,
  { fork, chatId, newChat, content, questionId }: NewTurn,
): boolean {
  // The key of another answer stands with that answer.
  const isOfQuestion = answer.clientMessageId === null;
  if (fork?.kind === "answer") return !isOfQuestion && question.id === questionId;
  if (!isOfQuestion || question.content !== content) return false;
  if (!fork) return newChat !== undefined || question.chatId === chatId;
  const isPlace = question.chatId === chatId && question.parentId === fork.parentId;
  return isPlace && question.id !== fork.besideId;
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

function draftQuestion(turn: NewTurn, { seq, parentId }: { seq: number; parentId: string | null }) {
  return {
    ...commonOf(turn),
    id: turn.questionId,
    seq: seq + 1,
    role: "user",
    content: turn.content,
    state: "complete",
    clientMessageId: turn.idempotency?.key ?? null,
    replyTo: null,
    parentId,
  } as const;
}

function draftAnswer(turn: NewTurn, seq: number): Message {
  return {
    ...commonOf(turn),
    id: turn.answerId,
    seq,
    role: "assistant",
    content: "",
    messageType: "text",
    state: "queued",
    clientMessageId: turn.fork?.kind === "answer" ? (turn.idempotency?.key ?? null) : null,
    replyTo: turn.questionId,
    parentId: turn.questionId,
  };
}

function commonOf(turn: NewTurn) {
  return {
    chatId: turn.chatId,
    messageType: turn.messageType,
    createdAt: turn.now,
    attempt: 1,
    chosen: true,
    ending: null,
    feedback: null,
  };
}
