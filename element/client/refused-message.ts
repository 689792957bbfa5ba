import { patch } from "./answer.ts";
import type { ChatMessage, MessageError } from "./message.ts";
import { longestWait, mostTries, passingCodes } from "./refusals.ts";

/** A question that the server didn't take. What passes in a moment is tried again, and shown as being sent. */
export function refuseQuestion(
  question: ChatMessage,
  error: MessageError,
  at: number,
): ChatMessage {
  const tries = (question.metadata?.tries ?? 0) + 1;
  const passes = passingCodes.has(error.code) && (error.retryAt ?? at) - at <= longestWait;
  return passes && tries <= mostTries
    ? patch(question, { error, tries })
    : failMessage(question, error);
}

const gone: ReadonlySet<string> = new Set(["MESSAGE_NOT_FOUND", "CHAT_NOT_FOUND", "NOT_FOUND"]);

/** An answer whose resume, or cancel, was refused; what passes is asked for again, however long it takes. */
export function refuseResume(answer: ChatMessage, error: MessageError): ChatMessage {
  if (!answer.metadata?.streaming || passingCodes.has(error.code)) return answer;
  const tries = (answer.metadata.tries ?? 0) + 1;
  if (gone.has(error.code) || tries > mostTries)
    return failMessage(patch(answer, { streaming: false }), error);
  if (error.code !== "INVALID_CURSOR") return patch(answer, { tries });
  // From the start then: attempt 0 is below every real one, so the text is built afresh.
  const { cursor: _unusable, ...metadata } = answer.metadata;
  return { ...answer, metadata: { ...metadata, tries, attempt: 0, begun: 0, behind: true } };
}

export function failMessage(message: ChatMessage, error: MessageError): ChatMessage {
  return { ...patch(message, { error, stopping: false }), status: "error" };
}
