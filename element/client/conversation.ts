import type { ServerFrame } from "../../api/ws/protocol.ts";
import { advanceAnswer, emptyAnswer, isAnswerFrame, patch, type AnswerFrame } from "./answer.ts";
import { addTurn, mergeHistory, type TurnNews } from "./history-merge.ts";
import {
  isPending,
  type ChatMessage,
  type Feedback,
  type MessageError,
  type MessageMetadata,
} from "./message.ts";
import { failMessage, refuseQuestion, refuseResume } from "./refused-message.ts";

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
      /** Of a question of before a reload: it went out then. */
      readonly sent?: boolean;
    }
  /** The question goes out. */
  | { readonly type: "sent"; readonly questionId: string }
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
  /** The chat is no longer there; questions that wait begin a new one. */
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
      if (findQuestion(state, event.clientMessageId)) return state;
      return { ...state, messages: [...state.messages, newQuestion(event)] };
    case "sent":
      return change(state, event.questionId, (question) => patch(question, { sent: true }));
    case "retried":
      return retry(state, event);
    case "withdrawn":
      return { ...state, messages: state.messages.filter(({ id }) => id !== event.questionId) };
    case "failed":
      return change(state, event.questionId, (question) => failMessage(question, event.error));
    case "stopping":
      return change(state, event.messageId, (message) => patch(message, { stopping: true }));
    case "opened":
      return { ...emptyConversation, chatId: event.chatId };
    case "restored":
      if (event.chatId !== state.chatId) return state;
      return { ...state, messages: mergeHistory(event.messages, state.messages) };
    case "vanished":
      if (event.chatId !== state.chatId) return state;
      return { ...emptyConversation, messages: pendingQuestions(state) };
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

/** The questions that wait to be taken, in the order in which they were asked. */
export function pendingQuestions({ messages }: Conversation): readonly ChatMessage[] {
  return messages.filter(isPending);
}

/** The answers that are under way, in order: the server gives one after another. */
export function runningAnswers({ messages }: Conversation): readonly ChatMessage[] {
  return messages.filter(({ metadata }) => metadata?.streaming);
}

function newQuestion({
  clientMessageId,
  text,
  at,
  sent,
}: Extract<ConversationEvent, { type: "asked" }>): ChatMessage {
  return {
    id: clientMessageId,
    content: text,
    role: "user",
    timestamp: at,
    status: "sending",
    metadata: { client_message_id: clientMessageId, ...(sent ? { sent } : {}) },
  };
}

function retry(
  state: Conversation,
  event: Extract<ConversationEvent, { type: "retried" }>,
): Conversation {
  const question = state.messages.find(({ id }) => id === event.questionId);
  if (!question) return state;
  const isSame = question.metadata?.client_message_id === event.clientMessageId;
  const sent = isSame && question.metadata?.sent === true;
  const again = newQuestion({ ...event, type: "asked", text: question.content, sent });
  const messages = state.messages
    .filter(({ metadata }) => metadata?.reply_to !== question.id)
    .map((message) => (message === question ? again : message));
  return { ...state, messages, chunks: [] };
}

function reduceFrame(state: Conversation, frame: ServerFrame, at: number): Conversation {
  if (isAnswerFrame(frame)) {
    // What is not known belongs to a chat that the reader has left.
    const next = change(state, frame.data.message_id, (answer) => advanceAnswer(answer, frame, at));
    return withChunks(next, state);
  }
  if (frame.type === "processing") return withChunks(acceptQuestion(state, frame.data, at), state);
  if (frame.type === "rate_limit_exceeded" || frame.type === "error")
    return refuseFrame(state, frame, at);
  return state;
}

function acceptQuestion(
  state: Conversation,
  data: Extract<ServerFrame, { type: "processing" }>["data"],
  at: number,
): Conversation {
  const pending = findQuestion(state, data.client_message_id);
  if (!pending) return state;
  const { client_message_id, stopping }: MessageMetadata = pending.metadata ?? {};
  const metadata = client_message_id === undefined ? {} : { client_message_id };
  const accepted: ChatMessage = { ...pending, id: data.question_id, status: "sent", metadata };
  const messages = state.messages.map((message) => (message === pending ? accepted : message));
  const next = { ...state, chatId: data.chat_id, messages };
  if (messages.some(({ id }) => id === data.message_id)) return next;
  const answer = emptyAnswer(data.message_id, accepted.id, at);
  // A question that was stopped before the server had taken it hands the wish on to its answer.
  const wished = stopping ? patch(answer, { stopping: true }) : answer;
  return { ...next, messages: messages.toSpliced(messages.indexOf(accepted) + 1, 0, wished) };
}

function findQuestion(
  { messages }: Conversation,
  clientMessageId: string | null,
): ChatMessage | undefined {
  return messages.find(
    ({ role, metadata }) => role === "user" && metadata?.client_message_id === clientMessageId,
  );
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
  if (data.message_id)
    return change(state, data.message_id, (answer) => refuseResume(answer, error));
  const refused = data.client_message_id
    ? findQuestion(state, data.client_message_id)
    : pendingQuestions(state)[0];
  if (refused?.status !== "sending") return state;
  const next = change(state, refused.id, (question) => refuseQuestion(question, error, at));
  // The chat is gone, or was another visitor's: the next question begins a new one.
  return code === "CHAT_NOT_FOUND" ? { ...next, chatId: null } : next;
}

/** @param before what the frame has made `next` of */
function withChunks(next: Conversation, before: Conversation): Conversation {
  if (next === before) return next;
  const chunks = nextChunks(before, runningAnswers(before)[0], runningAnswers(next)[0]);
  return { ...next, chunks };
}

function nextChunks(
  { chunks }: Conversation,
  was: ChatMessage | undefined,
  is: ChatMessage | undefined,
): readonly string[] {
  const isSame = was?.id === is?.id && was?.metadata?.attempt === is?.metadata?.attempt;
  const added = is?.content.slice(isSame ? was?.content.length : 0);
  if (isSame) return added ? [...chunks, added] : chunks;
  return added ? [added] : [];
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
