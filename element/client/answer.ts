import type { ServerFrame } from "../../api/ws/protocol.ts";
import type { ChatMessage, MessageMetadata } from "./message.ts";

type TurnFrame<Type extends ServerFrame["type"]> = Extract<
  ServerFrame,
  { type: Type; data: { cursor: string } }
>;
export type AnswerFrame = TurnFrame<
  "response_start" | "response_chunk" | "response_complete" | "error"
>;

export function isAnswerFrame(frame: ServerFrame): frame is AnswerFrame {
  return "cursor" in frame.data;
}

/** @param at milliseconds since 1970 */
export function emptyAnswer(id: string, replyTo: string | undefined, at: number): ChatMessage {
  const reply = replyTo === undefined ? {} : { reply_to: replyTo };
  return {
    id,
    content: "",
    role: "assistant",
    timestamp: at,
    status: "sent",
    metadata: { streaming: true, attempt: 0, ...reply },
  };
}

/**
 * What an answer is after one more frame. Safe against what a lost connection can do: frames that came
 * before, frames of an older attempt, a piece without the one before it. Text is only ever added to,
 * but for a higher attempt, which starts it afresh; until its first piece is there the older text stays.
 */
export function advanceAnswer(answer: ChatMessage, frame: AnswerFrame, at: number): ChatMessage {
  const metadata = answer.metadata ?? {};
  const { attempt, cursor } = frame.data;
  const shown = metadata.attempt ?? 0;
  const begun = metadata.begun ?? shown;
  if (!metadata.streaming || attempt < begun) return answer;
  const current = attempt > shown ? { ...answer, content: "" } : answer;
  switch (frame.type) {
    case "response_start":
      return attempt > begun ? patch(answer, { begun: attempt, cursor, behind: false }) : answer;
    case "response_chunk":
      return placeChunk(answer, current, frame);
    case "response_complete":
    case "error":
      // Without all of its text it isn't whole: what is missing is asked for, and this comes again.
      if (metadata.behind || attempt > begun) return markBehind(answer);
      return frame.type === "error"
        ? failAnswer(current, frame, at)
        : completeAnswer(current, frame);
  }
}

function placeChunk(
  before: ChatMessage,
  current: ChatMessage,
  frame: TurnFrame<"response_chunk">,
): ChatMessage {
  const { offset, content, attempt, cursor } = frame.data;
  const known = current.content.length;
  if (offset > known) return markBehind(before);
  if (offset + content.length <= known && current === before) return before;
  const text = current.content + content.slice(known - offset);
  return patch({ ...current, content: text }, { attempt, begun: attempt, cursor, behind: false });
}

function markBehind(answer: ChatMessage): ChatMessage {
  return answer.metadata?.behind ? answer : patch(answer, { behind: true });
}

function completeAnswer(answer: ChatMessage, frame: TurnFrame<"response_complete">): ChatMessage {
  const { total_tokens, cost_estimate, sources, finish_reason, model } = frame.data;
  const { citations, degraded, attempt, cursor } = frame.data;
  const facts = { total_tokens, cost_estimate, sources, citations, finish_reason, model, degraded };
  return endAnswer(answer, "sent", answer.timestamp, { ...facts, attempt, cursor });
}

function failAnswer(answer: ChatMessage, { data }: TurnFrame<"error">, at: number): ChatMessage {
  const { error_code: code, message, attempt, cursor } = data;
  return endAnswer(answer, "error", at, { attempt, cursor, error: { code, message } });
}

function endAnswer(
  answer: ChatMessage,
  status: ChatMessage["status"],
  timestamp: number,
  facts: MessageMetadata,
): ChatMessage {
  const ended = patch(answer, { ...facts, streaming: false, behind: false, stopping: false });
  return { ...ended, status, timestamp };
}

/** The message with some of its metadata replaced. */
export function patch(message: ChatMessage, metadata: MessageMetadata): ChatMessage {
  return { ...message, metadata: { ...message.metadata, ...metadata } };
}
