import type { Caller } from "../core/access/caller.ts";
import { openMessage } from "../core/chats.ts";
import { AppError } from "../core/errors.ts";
import { giveFeedback } from "../core/feedback.ts";
import { cancelTurn } from "../core/turns/cancel-turn.ts";
import { parseCursor, type Cursor } from "../core/turns/cursor.ts";
import type { ReaderDeps } from "../core/turns/read-turn.ts";
import { startTurn, type StartDeps } from "../core/turns/start-turn.ts";
import type { ClientFrame, ServerFrame } from "./protocol.ts";
import type { Readings } from "./readings.ts";

export interface RequestDeps {
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
}

/** A frame that asks for something of the tenant's chats. */
export type RequestFrame = Exclude<ClientFrame, { type: "ping" | "auth" }>;
type DataOf<Type extends RequestFrame["type"]> = Extract<RequestFrame, { type: Type }>["data"];

/**
 * Does what the frames of one connection ask for.
 * @param userId a label, stored with the chats that are made.
 * @returns handles one frame of a caller who was let in. @throws AppError
 */
export function createRequests(
  { start, reader }: RequestDeps,
  { userId }: { readonly userId: string | undefined },
  readings: Readings,
  send: (frame: ServerFrame) => void,
): (frame: RequestFrame, caller: Caller) => Promise<void> {
  /** The chat that a message without `chat_id` goes on in. */
  let currentChat: string | undefined;

  async function ask(data: DataOf<"chat_message">, caller: Caller): Promise<void> {
    const chatId = data.chat_id === undefined ? currentChat : (data.chat_id ?? undefined);
    const { question, answer } = await startTurn(start, caller, {
      chatId,
      content: data.message,
      clientMessageId: data.client_message_id ?? undefined,
      userId,
    });
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

  return async (frame, caller) => {
    switch (frame.type) {
      case "chat_message":
        return ask(frame.data, caller);
      case "resume":
        return resume(frame.data, caller);
      case "cancel":
        await cancelTurn(start, caller, frame.data.message_id);
        return;
      case "feedback":
        return rate(frame.data, caller);
    }
  };
}
