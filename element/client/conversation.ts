import type { ServerFrame } from "../../api/ws/protocol.ts";
import { advanceAnswer, emptyAnswer, isAnswerFrame, patch, type AnswerFrame } from "./answer.ts";
import { addTurn, mergeHistory, type TurnNews } from "./history-merge.ts";
import type { ChatMessage, Feedback, MessageError } from "./message.ts";

/** One chat as the reader sees it. */
export interface Conversation {
  /** Null until the server has made the chat. */
  readonly chatId: string | null;
  /** In order; an answer follows its question. */
  readonly messages: readonly ChatMessage[];
  /** The pieces in which the running answer came. */
  readonly chunks: readonly string[];
}

/** `at` is milliseconds since 1970. */
export type ConversationEvent =
  | {
      readonly type: "asked";
      readonly clientMessageId: string;
      readonly text: string;
      readonly at: number;
    }
  /** The question goes out again; `clientMessageId` is a new one when its turn has already run. */
  | {
      readonly type: "retried";
      readonly questionId: string;
      readonly clientMessageId: string;
      readonly at: number;
    }
  /** The question was never sent and shall not be. */
  | { readonly type: "withdrawn"; readonly questionId: string }
  | { readonly type: "failed"; readonly questionId: string; readonly error: MessageError }
  | { readonly type: "stopping"; readonly messageId: string }
  /** The reader goes to another chat; null is a new one. */
  | { readonly type: "opened"; readonly chatId: string | null }
  /** What the server has of this chat. */
  | {
      readonly type: "restored";
      readonly chatId: string;
      readonly messages: readonly ChatMessage[];
    }
  /** The chat is no longer there; a question that waits begins a new one. */
  | { readonly type: "vanished"; readonly chatId: string }
  /** Another tab has asked. */
  | { readonly type: "joined"; readonly news: TurnNews }
  | { readonly type: "rated"; readonly messageId: string; readonly feedback: Feedback | null }
  | { readonly type: "frame"; readonly frame: ServerFrame; readonly at: number };

export const emptyConversation: Conversation = { chatId: null, messages: [], chunks: [] };

/** The conversation after one more event; the same object when nothing has changed. */
export function reduceConversation(state: Conversation, event: ConversationEvent): Conversation {
  switch (event.type) {
    case "asked":
      return { ...state, messages: [...state.messages, newQuestion(event)] };
    case "retried":
      return retry(state, event);
    case "withdrawn":
      return { ...state, messages: state.messages.filter(({ id }) => id !== event.questionId) };
    case "failed":
      return change(state, event.questionId, (question) => fail(question, event.error));
    case "stopping":
      return change(state, event.messageId, (message) => patch(message, { stopping: true }));
    case "opened":
      return { ...emptyConversation, chatId: event.chatId };
    case "restored":
      if (event.chatId !== state.chatId) return state;
      return { ...state, messages: mergeHistory(event.messages, state.messages) };
    case "vanished":
      if (event.chatId !== state.chatId) return state;
      return { ...emptyConversation, messages: state.messages.filter(isPending) };
    case "joined":
      if (event.news.chatId !== state.chatId) return state;
      return { ...state, messages: addTurn(state.messages, event.news) };
    case "rated":
      return change(state, event.messageId, (answer) =>
        patch(answer, { feedback: event.feedback }),
      );
    case "frame":
      return reduceFrame(state, event.frame, event.at);
  }
}

/** The question that waits to be taken, if any. */
export function pendingQuestion({ messages }: Conversation): ChatMessage | undefined {
  return messages.findLast(isPending);
}

function isPending({ role, status }: ChatMessage): boolean {
  return role === "user" && status === "sending";
}

/** The answer that is under way, if any; with an id, that one. */
export function runningAnswer({ messages }: Conversation, id?: string): ChatMessage | undefined {
  return messages.findLast(
    (message) => message.metadata?.streaming && (id === undefined || message.id === id),
  );
}

function newQuestion({
  clientMessageId,
  text,
  at,
}: Extract<ConversationEvent, { type: "asked" }>): ChatMessage {
  const metadata = { client_message_id: clientMessageId };
  return {
    id: clientMessageId,
    content: text,
    role: "user",
    timestamp: at,
    status: "sending",
    metadata,
  };
}

function retry(
  state: Conversation,
  event: Extract<ConversationEvent, { type: "retried" }>,
): Conversation {
  const question = state.messages.find(({ id }) => id === event.questionId);
  if (!question) return state;
  const again = newQuestion({ ...event, type: "asked", text: question.content });
  const messages = state.messages
    .filter(({ metadata }) => metadata?.reply_to !== question.id)
    .map((message) => (message === question ? again : message));
  return { ...state, messages, chunks: [] };
}

function reduceFrame(state: Conversation, frame: ServerFrame, at: number): Conversation {
  if (isAnswerFrame(frame)) {
    // What is not known belongs to a chat that the reader has left.
    const next = change(state, frame.data.message_id, (answer) => advanceAnswer(answer, frame, at));
    return next === state ? state : { ...next, chunks: nextChunks(state, next, frame) };
  }
  if (frame.type === "processing") return acceptQuestion(state, frame.data, at);
  if (frame.type === "rate_limit_exceeded" || frame.type === "error")
    return refuseFrame(state, frame, at);
  return state;
}

function acceptQuestion(
  state: Conversation,
  data: Extract<ServerFrame, { type: "processing" }>["data"],
  at: number,
): Conversation {
  const pending = state.messages.find(
    ({ role, metadata }) =>
      role === "user" && metadata?.client_message_id === data.client_message_id,
  );
  if (!pending) return state;
  const accepted: ChatMessage = { ...pending, id: data.question_id, status: "sent" };
  const messages = state.messages.map((message) => (message === pending ? accepted : message));
  const next = { ...state, chatId: data.chat_id, messages };
  return hasMessage(next, data.message_id) ? next : addAnswer(next, data.message_id, accepted, at);
}

function addAnswer(
  state: Conversation,
  id: string,
  question: ChatMessage,
  at: number,
): Conversation {
  const answer = emptyAnswer(id, question.id, at);
  // A question that was stopped before the server had taken it hands the wish on to its answer.
  const wished = question.metadata?.stopping ? patch(answer, { stopping: true }) : answer;
  const place = state.messages.indexOf(question) + 1;
  return { ...state, messages: state.messages.toSpliced(place, 0, wished), chunks: [] };
}

type Refusal = Exclude<
  Extract<ServerFrame, { type: "rate_limit_exceeded" | "error" }>,
  AnswerFrame
>;

/** An error that ends no turn: it says that a frame of ours was refused, and names which. */
function refuseFrame(state: Conversation, { data }: Refusal, at: number): Conversation {
  const code = "error_code" in data ? data.error_code : "RATE_LIMIT_EXCEEDED";
  const retryAt = "retry_after" in data ? { retryAt: at + (data.retry_after ?? 0) * 1000 } : {};
  const error = { code, message: data.message, ...retryAt };
  if (data.message_id) return refuseResume(state, data.message_id, error);
  const refused = data.client_message_id
    ? state.messages.find(({ metadata }) => metadata?.client_message_id === data.client_message_id)
    : pendingQuestion(state);
  if (!refused || refused.status !== "sending") return state;
  const next = change(state, refused.id, (question) => fail(question, error));
  // The chat is gone, or was another visitor's: the next question begins a new one.
  return code === "CHAT_NOT_FOUND" ? { ...next, chatId: null } : next;
}

const gone: ReadonlySet<string> = new Set(["MESSAGE_NOT_FOUND", "CHAT_NOT_FOUND", "NOT_FOUND"]);

function refuseResume(state: Conversation, messageId: string, error: MessageError): Conversation {
  return change(state, messageId, (answer) => {
    if (!answer.metadata?.streaming) return answer;
    if (gone.has(error.code))
      return fail(patch(answer, { streaming: false, stopping: false }), error);
    if (error.code !== "INVALID_CURSOR") return answer;
    // From the start then: attempt 0 is below every real one, so the text is built afresh.
    const { cursor: _unusable, ...metadata } = answer.metadata;
    return { ...answer, metadata: { ...metadata, attempt: 0, behind: true } };
  });
}

function fail(message: ChatMessage, error: MessageError): ChatMessage {
  return { ...patch(message, { error, stopping: false }), status: "error" };
}

function nextChunks(
  before: Conversation,
  next: Conversation,
  frame: AnswerFrame,
): readonly string[] {
  if (frame.type === "response_chunk") {
    const was = before.messages.find(({ id }) => id === frame.data.message_id);
    const is = next.messages.find(({ id }) => id === frame.data.message_id);
    const from =
      was && is && was.metadata?.attempt === is.metadata?.attempt ? was.content.length : 0;
    const added = is?.content.slice(from);
    if (!added) return before.chunks;
    return from === 0 ? [added] : [...before.chunks, added];
  }
  return next.messages.some(({ metadata }) => metadata?.streaming) ? before.chunks : [];
}

function hasMessage({ messages }: Conversation, id: string): boolean {
  return messages.some((message) => message.id === id);
}

function change(
  state: Conversation,
  id: string,
  update: (message: ChatMessage) => ChatMessage,
): Conversation {
  const index = state.messages.findIndex((message) => message.id === id);
  const before = state.messages[index];
  if (!before) return state;
  const after = update(before);
  return after === before ? state : { ...state, messages: state.messages.with(index, after) };
}
