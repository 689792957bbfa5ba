import {
  createExtractiveAnswerer,
  type ExtractiveDeps,
} from "../../api/core/answering/extract-answer.ts";
import type { Message } from "../../api/core/message.ts";
import { splitPassages, titleOf } from "../../api/core/documents/passages.ts";
import type { AnswerRequest, AnswerResult } from "../../api/core/answering/answerer.ts";
import type { Passage, SentenceScorer } from "../../api/core/documents/retriever.ts";
import { unlimited } from "./budget.ts";
import { createManualClock } from "./clock.ts";
import { makeTenant } from "./tenant.ts";

const stopWords = new Set(
  "a an and are do does how i in is it of on or the to what which".split(" "),
);

function contentWords(text: string): Set<string> {
  return new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !stopWords.has(word)),
  );
}

/** The part of the question's words that a text has. */
export function shareOf(question: string, text: string): number {
  const asked = contentWords(question);
  return asked.size === 0 ? 0 : asked.intersection(contentWords(text)).size / asked.size;
}

export const wordScorer: SentenceScorer = {
  scoreSentences: async (_tenant, question, sentences) =>
    sentences.map((sentence) => shareOf(question, sentence)),
  countWords: async (_tenant, question) => contentWords(question).size,
};

/** The passages of documents by their text, best first, as a retriever gives them. */
export function findPassages(
  question: string,
  documents: Readonly<Record<string, string>>,
): Passage[] {
  const passages = Object.entries(documents).flatMap(([documentId, text]) =>
    splitPassages(text).map((draft, i) => ({
      ...draft,
      id: `${documentId}-${i}`,
      documentId,
      title: titleOf(text),
      url: null,
      score: shareOf(question, `${draft.heading} ${draft.text}`),
    })),
  );
  return passages
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, 6);
}

/** What was said in a chat before. */
export function makeMessage(role: "user" | "assistant", content: string): Message {
  return {
    id: "msg_1",
    chatId: "chat_1",
    seq: 1,
    role,
    content,
    messageType: "text",
    state: "complete",
    createdAt: new Date(0),
    clientMessageId: null,
    replyTo: null,
    parentId: null,
    chosen: true,
    attempt: 1,
    feedback: null,
    ending: null,
  };
}

export interface Answered {
  readonly pieces: readonly string[];
  readonly text: string;
  readonly result: AnswerResult;
}

/** Asks an extractive answerer that doesn't pause, unless `deps` say so. */
export function ask(
  question: string,
  documents: Readonly<Record<string, string>>,
  request: Partial<AnswerRequest> = {},
  deps: Partial<ExtractiveDeps> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Answered> {
  const tokens = {
    countTokens: (text: string) => text.split(/\s+/).filter((word) => word !== "").length,
  };
  const answerer = createExtractiveAnswerer({
    scorer: wordScorer,
    tokens,
    clock: createManualClock(),
    paceMs: 0,
    ...deps,
  });
  const tenant = makeTenant("demo");
  const passages = findPassages(question, documents);
  const whole = { tenant, question, history: [], passages, budget: unlimited, ...request };
  return drain(answerer.answer(whole, signal));
}

async function drain(parts: AsyncGenerator<string, AnswerResult>): Promise<Answered> {
  const pieces: string[] = [];
  let part = await parts.next();
  while (!part.done) {
    pieces.push(part.value);
    part = await parts.next();
  }
  return { pieces, text: pieces.join(""), result: part.value };
}
