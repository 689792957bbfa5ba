import type { Caller } from "../core/access/caller.ts";
import { chooseBranch, openChat, openMessage } from "../core/chats.ts";
import { AppError } from "../core/errors.ts";
import { giveFeedback } from "../core/feedback.ts";
import { editQuestion, regenerateAnswer } from "../core/turns/branch-turn.ts";
import { cancelTurn } from "../core/turns/cancel-turn.ts";
import { parseCursor, type Cursor } from "../core/turns/cursor.ts";
import { requireFollowPlace } from "../core/turns/follow-place.ts";
import type { ReaderDeps } from "../core/turns/read-turn.ts";
import { startTurn, type StartDeps } from "../core/turns/start-turn.ts";
import type { SavedTurn } from "../core/turns/turn-store.ts";
import type { Identity } from "./identity.ts";
import type { ClientFrame, ServerFrame } from "./protocol.ts";
import type { Readings } from "./readings.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface RequestDeps {
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
}

/** A frame that asks for something of the tenant's chats. */
export type RequestFrame = Exclude<ClientFrame, { type: "ping" | "auth" }>;
type DataOf<Type extends RequestFrame["type"]> = Extract<RequestFrame, { type: Type }>["data"];

/**
 * Does what the frames of one connection ask for.
 * @param identity whose `userId` is a label, stored with the chats that are made.
 * @returns handles one frame of a caller who was let in. @throws AppError
 */
export function createRequests(
  { start, reader }: RequestDeps,
  { userId, look }: Pick<Identity, "userId" | "look">,
  {
    readings,
    subscriptions,
  }: { readonly readings: Readings; readonly subscriptions: Subscriptions },
  send: (frame: ServerFrame) => void,
): (frame: RequestFrame, caller: Caller) => Promise<void> {
  /** The chat that a message without `chat_id` goes on in. */
  let currentChat: string | undefined;

  async function ask(data: DataOf<"chat_message">, caller: Caller): Promise<void> {
    const chatId = data.chat_id === undefined ? currentChat : (data.chat_id ?? undefined);
    const clientMessageId = data.client_message_id ?? undefined;
    const asked = { chatId, content: data.message, clientMessageId, userId };
    follow(await startTurn(start, caller, asked), data, caller);
  }

  async function regenerate(data: DataOf<"regenerate">, caller: Caller): Promise<void> {
    const clientMessageId = data.client_message_id ?? undefined;
    const wanted = { messageId: data.message_id, clientMessageId };
    follow(await regenerateAnswer(start, caller, wanted), data, caller);
  }

  async function edit(data: DataOf<"edit">, caller: Caller): Promise<void> {
    const clientMessageId = data.client_message_id ?? undefined;
    const edited = { messageId: data.message_id, content: data.message, clientMessageId };
    follow(await editQuestion(start, caller, edited), data, caller);
  }

  async function choose(data: DataOf<"choose_branch">, caller: Caller): Promise<void> {
    const { message_id } = data;
    const { chatId, forkId } = await chooseBranch(reader.chats, caller, message_id);
    send({ type: "branch_chosen", data: { message_id, chat_id: chatId, parent_id: forkId } });
  }

  /** Says that a turn has begun, and sends what comes of it. */
  function follow(
    { question, answer }: SavedTurn,
    data: Pick<DataOf<"chat_message">, "client_message_id" | "stream">,
    caller: Caller,
  ): void {
    currentChat = answer.chatId;
    send({
      type: "processing",
      data: {
        message: "Processing your request...",
        chat_id: answer.chatId,
        message_id: answer.id,
        question_id: question.id,
        client_message_id: data.client_message_id ?? null,
      },
    });
    read(caller, answer.chatId, answer.id, undefined, data.stream);
  }

  async function resume(data: DataOf<"resume">, caller: Caller): Promise<void> {
    const { message_id, cursor, stream } = data;
    const after = cursor ? parseCursor(cursor) : undefined;
    const message = await openMessage(reader.chats, caller, message_id);
    if (message.role !== "assistant") throw new AppError("MESSAGE_NOT_FOUND", "Message not found");
    read(caller, message.chatId, message.id, after, stream);
  }

  function read(
    { tenant }: Caller,
    chatId: string,
    messageId: string,
    after: Cursor | undefined,
    stream: boolean | null | undefined,
  ): void {
    const turn = { tenantId: tenant.id, chatId, messageId };
    readings.begin(tenant, { turn, after, stream: stream !== false });
  }

  async function rate(data: DataOf<"feedback">, caller: Caller): Promise<void> {
    const { message_id, rating, comment } = data;
    const feedback = rating && { rating, comment: comment ?? null };
    const message = await giveFeedback(reader.chats, caller, message_id, feedback);
    const { chatId: chat_id } = message;
    send({ type: "feedback_saved", data: { message_id, chat_id, rating } });
  }

  async function subscribe({ chat_id, after }: DataOf<"subscribe">, caller: Caller): Promise<void> {
    const from = after ? requireFollowPlace(after) : undefined;
    const { id } = await openChat(reader.chats, caller, chat_id);
    subscriptions.begin({ caller, look }, id, from);
  }

  return async (frame, caller) => {
    switch (frame.type) {
      case "chat_message":
        return ask(frame.data, caller);
      case "resume":
        return resume(frame.data, caller);
      case "cancel":
        await cancelTurn(start, caller, frame.data.message_id);
        return;
      case "regenerate":
        return regenerate(frame.data, caller);
      case "edit":
        return edit(frame.data, caller);
      case "choose_branch":
        return choose(frame.data, caller);
      case "feedback":
        return rate(frame.data, caller);
      case "subscribe":
        return subscribe(frame.data, caller);
      case "unsubscribe":
        subscriptions.end(frame.data.chat_id);
        return send({ type: "unsubscribed", data: { chat_id: frame.data.chat_id } });
    }
  };
}
