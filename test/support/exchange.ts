import type { Message, Source } from "../../api/core/message.ts";
import { noUsage } from "../../api/core/message.ts";

/** A question with its answer, as they stand in a chat; an empty answer failed. */
export function makeExchange(n: number, question: string, answer: string, cited = [1]): Message[] {
  const base = {
    chatId: "chat",
    messageType: "text",
    createdAt: new Date(n),
    clientMessageId: null,
    attempt: 1,
    chosen: true,
    feedback: null,
  };
  const asked: Message = {
    ...base,
    id: `question-${n}`,
    seq: 2 * n,
    role: "user",
    content: question,
    state: "complete",
    replyTo: null,
    parentId: n === 0 ? null : `answer-${n - 1}`,
    ending: null,
  };
  const answered: Message = {
    ...base,
    id: `answer-${n}`,
    seq: 2 * n + 1,
    role: "assistant",
    content: answer,
    state: answer === "" ? "error" : "complete",
    replyTo: asked.id,
    parentId: asked.id,
    ending:
      answer === ""
        ? { type: "error", code: "PROCESSING_ERROR", message: "Failed", usage: noUsage }
        : {
            type: "complete",
            finishReason: "stop",
            usage: noUsage,
            sources: cited.map(makeSource),
            citations: [],
            model: "gpt-test",
            degraded: [],
          },
  };
  return [asked, answered];
}

function makeSource(number: number): Source {
  const facts = { page: null, excerpt: "x", start: 0, end: 1, score: 1, verified: null };
  return { number, document_id: "d", title: "T", url: null, heading: "", ...facts };
}
