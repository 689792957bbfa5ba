import type { Chat } from "../../core/chats.ts";
import type { Ending, Message, Source, Usage } from "../../core/message.ts";
import type { ChatRow, MessageRow, StoredSource } from "./tenant-entities.ts";

/** The answers whose turns are under way: only answers ever are in these states. */
const unfinishedStates = ["queued", "streaming"] as const;
export const unfinishedAnswers = {
  role: "assistant",
  state: { $in: unfinishedStates },
} as const;
export const unfinishedSql = `state in ('${unfinishedStates.join("', '")}')`;

export function isUnfinished({ state }: Pick<MessageRow, "state">): boolean {
  return state === "queued" || state === "streaming";
}

/** An answer whose attempt is that one and has not ended: every write of a turn is fenced by it. */
export function whereAttempt(id: string, attempt: number) {
  return { id, attempt, ...unfinishedAnswers };
}

export function toChat(row: ChatRow): Chat {
  return {
    id: row.id,
    title: row.title,
    userId: row.userId ?? null,
    visitorId: row.visitorId ?? null,
    context: row.context,
    ownerId: row.ownerId ?? null,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

export function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    chatId: row.chatId,
    seq: Number(row.seq),
    role: row.role,
    content: row.content,
    messageType: row.messageType,
    state: row.state,
    createdAt: row.createdAt,
    clientMessageId: row.clientMessageId ?? null,
    replyTo: row.replyTo ?? null,
    parentId: row.parentId === row.chatId ? null : row.parentId,
    chosen: row.chosen,
    attempt: row.attempt,
    ending: row.role === "assistant" ? toEnding(row) : null,
    feedback: row.rating ? { rating: row.rating, comment: row.ratingComment ?? null } : null,
  };
}

function toEnding(row: MessageRow): Ending | null {
  const usage: Usage = {
    promptTokens: row.promptTokens ?? 0,
    completionTokens: row.completionTokens ?? 0,
    totalTokens: row.totalTokens ?? 0,
    cost: Number(row.costEstimate ?? 0),
    estimated: row.usageEstimated ?? false,
  };
  if (row.state === "error") {
    return {
      type: "error",
      code: row.errorCode ?? "PROCESSING_ERROR",
      message: row.errorMessage ?? "",
      usage,
    };
  }
  if (row.state !== "complete") return null;
  const { finishReason, sources, citations, model, degraded } = row;
  return {
    type: "complete",
    finishReason: finishReason ?? "stop",
    usage,
    sources: (sources ?? []).map(toSource),
    citations: citations ?? [],
    model: model ?? "",
    degraded: degraded ?? [],
  };
}

/** Those of releases that checked nothing have neither. */
function toSource({ page = null, verified = null, ...source }: StoredSource): Source {
  return { ...source, page, verified };
}

/** The columns of an ending. */
export function fromEnding(ending: Ending) {
  const { usage } = ending;
  const spent = {
    promptTokens: usage.promptTokens,
    completionTokens: usage.completionTokens,
    totalTokens: usage.totalTokens,
    costEstimate: usage.cost,
    usageEstimated: usage.estimated,
  };
  if (ending.type === "error") {
    return {
      ...spent,
      state: "error" as const,
      errorCode: ending.code,
      errorMessage: ending.message,
    };
  }
  const { finishReason, model, sources, citations, degraded } = ending;
  return {
    ...spent,
    state: "complete" as const,
    finishReason,
    model,
    sources: [...sources],
    citations: [...citations],
    degraded: [...degraded],
  };
}
