import type { AskedTurn, Conversation } from "./conversation.ts";
import type { Finding, FindingKind } from "./finding.ts";
import { writeQuestion, type Model } from "./model.ts";
import type { Reader } from "./reader.ts";
import type { StoredTurn } from "./stored-turns.ts";
import type { TurnRecord } from "./turn-record.ts";
import type { TurnWatch } from "./turn-watch.ts";

export interface Evidence {
  readonly conversations: readonly Conversation[];
  readonly stored: readonly StoredTurn[];
  readonly model: Pick<Model, "textsOf">;
  readonly watch: Pick<TurnWatch, "lastText">;
}

type Find = (kind: FindingKind, who: string, text: string) => void;

/** Compares what the readers have, what the model said and what is stored, when all is over. */
export function judge({ conversations, stored, model, watch }: Evidence): Finding[] {
  const findings: Finding[] = [];
  const find: Find = (kind, who, text) => void findings.push({ kind, who, text });
  const byQuestion = Map.groupBy(stored, ({ question }) => question);
  const byAnswer = new Map(stored.map((turn) => [turn.answerId, turn]));

  for (const { turns, readers } of conversations) {
    for (const turn of turns) {
      const { tag } = turn.plan;
      const rows = byQuestion.get(writeQuestion(tag)) ?? [];
      byQuestion.delete(writeQuestion(tag));
      judgeCount(turn, rows, find);
      for (const row of rows) {
        judgeEnd(row, tag, find);
        judgeText(row, tag, model.textsOf(tag), watch, find);
      }
    }
    for (const reader of readers) {
      for (const [messageId, record] of reader.records)
        compare(reader, messageId, record, byAnswer.get(messageId), find);
    }
  }
  for (const question of byQuestion.keys())
    find("duplicated", "the database", `nobody asked ${JSON.stringify(question)}`);
  for (const turns of Map.groupBy(stored, ({ chatId }) => chatId).values()) judgeOrder(turns, find);
  return findings;
}

function judgeCount({ plan, accepted }: AskedTurn, rows: readonly StoredTurn[], find: Find): void {
  const who = `turn ${plan.tag}`;
  if (rows.length > 1) find("duplicated", who, `is stored ${rows.length} times`);
  if (rows.length === 0 && accepted) find("lost", who, `${accepted.messageId} is not stored`);
  if (rows.length === 1 && accepted && rows[0]?.answerId !== accepted.messageId)
    find("unequal to the stored", who, `${accepted.messageId}, stored ${rows[0]?.answerId}`);
}

function judgeEnd({ answerId, state, endings }: StoredTurn, tag: string, find: Find): void {
  const who = `turn ${tag} (${answerId})`;
  const hasEnded = state === "complete" || state === "error";
  if (!hasEnded) find("hung", who, `stands at ${state}`);
  else if (endings > 1) find("second endings", who, `was counted ${endings} times`);
  else if (endings === 0) find("unequal to the stored", who, "was never counted");
}

/** What is stored was said by the model, for one request; after a crash no checkpoint is lost. */
function judgeText(
  { answerId, state, content, finishReason, degraded, errorMessage }: StoredTurn,
  tag: string,
  said: readonly string[],
  watch: Pick<TurnWatch, "lastText">,
  find: Find,
): void {
  const who = `turn ${tag} (${answerId})`;
  if (degraded && degraded.length > 0) return;
  const isWhole = finishReason === "stop" || finishReason === "length";
  const isKnown = isWhole ? said.includes(content) : said.some((text) => text.startsWith(content));
  const isNothing = content === "" && !isWhole;
  if (!isKnown && !isNothing)
    find("unequal to the stored", who, `${state}: the model never said so: ${shorten(content)}`);
  if (errorMessage !== "The answer was interrupted") return;
  const kept = watch.lastText(answerId ?? "");
  if (!content.startsWith(kept))
    find("lost", who, `a checkpoint of ${kept.length}, kept are ${content.length}`);
}

/** The turns of a chat run one after another. */
function judgeOrder(turns: readonly StoredTurn[], find: Find): void {
  const inOrder = turns.toSorted((a, b) => a.seq - b.seq);
  for (const [index, turn] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (before?.endedAt && turn.endedAt && turn.endedAt < before.endedAt)
      find("reordered", `turn ${turn.answerId}`, `ended before ${before.answerId}`);
  }
}

function compare(
  { name }: Reader,
  messageId: string,
  { text, attempt, ending }: TurnRecord,
  stored: StoredTurn | undefined,
  find: Find,
): void {
  const who = `${name} of ${messageId}`;
  // It has told so itself.
  if (!ending || !stored) return;
  if (text !== stored.content) {
    const lengths = `${text.length} long, stored ${stored.content.length}`;
    const at = firstDifference(text, stored.content);
    find("unequal to the stored", who, `text ${lengths}, differs from ${at} on`);
  }
  const { attempt: storedAttempt, finishReason, errorCode, totalTokens } = stored;
  const seen = { attempt, ...ending };
  const real = { attempt: storedAttempt, finishReason, errorCode, totalTokens };
  const names = ["attempt", "finishReason", "errorCode", "totalTokens"] as const;
  for (const key of names) {
    const value = key === "finishReason" && stored.state === "error" ? null : real[key];
    if (seen[key] !== undefined && seen[key] !== value)
      find("unequal to the stored", who, `${key} ${seen[key]}, stored ${value}`);
  }
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 60)} … ${text.slice(-50)}` : text);
}
