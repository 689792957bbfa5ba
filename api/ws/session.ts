import type { Caller } from "../core/caller.ts";
import { cancelTurn } from "../core/turns/cancel-turn.ts";
import { openMessage } from "../core/chats.ts";
import { parseCursor, type Cursor } from "../core/turns/cursor.ts";
import { AppError, toAppError } from "../core/errors.ts";
import { giveFeedback } from "../core/feedback.ts";
import { countRequest, openTenant, type GateDeps } from "../core/gate.ts";
import { refuse } from "../core/limits.ts";
import type { Logger } from "../core/ports.ts";
import { reconnectFrame, restartText } from "../core/restart.ts";
import { readTurn, type ReaderDeps } from "../core/turns/read-turn.ts";
import { startTurn, type StartDeps } from "../core/turns/start-turn.ts";
import type { TurnRef } from "../core/turns/turn-event.ts";
import type { Socket } from "./connection.ts";
import {
  closeCodes,
  errorFrame,
  originOf,
  parseClientFrame,
  type ClientFrame,
  type ServerFrame,
} from "./protocol.ts";
import { relayPieces, relayWhole } from "./relay.ts";

export interface SessionDeps {
  readonly gate: GateDeps;
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
  readonly logger: Logger;
}

export interface Session {
  /** Handles one frame, undefined for a binary one; never throws: what goes wrong is answered with a frame. */
  receive(data: string | undefined): Promise<void>;
  /** Tells the client to come back once its frames are answered and the turns that it reads are read. */
  drain(): void;
  /** Tells it at once. */
  leave(): void;
  /** Stops all reading; the turns go on. */
  close(): void;
}

/** One connection of a caller: frames in, frames out. Knows neither HTTP nor the ws library. */
export function createSession(
  deps: SessionDeps,
  greeted: Caller,
  userId: string | undefined,
  socket: Socket,
): Session {
  let caller = greeted;
  let isClosed = false;
  let isDraining = false;
  /** Frames of the client that are not answered yet. */
  let unanswered = 0;
  const readers = new Map<string, AbortController>();
  /** The chat that a message without `chat_id` goes on in. */
  let currentChat: string | undefined;

  const send = (frame: ServerFrame) => socket.send(JSON.stringify(frame));

  async function handle(frame: ClientFrame): Promise<void> {
    switch (frame.type) {
      case "ping":
        return send({
          type: "pong",
          data: { timestamp: new Date(deps.reader.clock.now()).toISOString() },
        });
      case "chat_message":
        return ask(frame.data);
      case "resume": {
        const { message_id, cursor, stream } = frame.data;
        const after = cursor ? parseCursor(cursor) : undefined;
        const message = await openMessage(deps.reader.chats, caller, message_id);
        if (message.role !== "assistant")
          throw new AppError("MESSAGE_NOT_FOUND", "Message not found");
        return follow(message.chatId, message.id, after, stream !== false);
      }
      case "cancel":
        await cancelTurn(deps.start, caller, frame.data.message_id);
        return;
      case "feedback": {
        const { message_id, rating, comment } = frame.data;
        const feedback = rating && { rating, comment: comment ?? null };
        const { chatId: chat_id } = await giveFeedback(
          deps.reader.chats,
          caller,
          message_id,
          feedback,
        );
        send({ type: "feedback_saved", data: { message_id, chat_id, rating } });
      }
    }
  }

  async function ask(data: Extract<ClientFrame, { type: "chat_message" }>["data"]): Promise<void> {
    const chatId = data.chat_id === undefined ? currentChat : (data.chat_id ?? undefined);
    const { question, answer } = await startTurn(deps.start, caller, {
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
    follow(answer.chatId, answer.id, undefined, data.stream !== false);
  }

  /** Begins to read a turn; one that this connection reads already is read from the new place instead. */
  function follow(
    chatId: string,
    messageId: string,
    after: Cursor | undefined,
    stream: boolean,
  ): void {
    if (isClosed) return;
    readers.get(messageId)?.abort();
    const abort = new AbortController();
    readers.set(messageId, abort);
    const turn: TurnRef = { tenantId: caller.tenant.id, chatId, messageId };
    const events = readTurn(deps.reader, caller.tenant, turn, after, abort.signal);
    const relay = stream ? relayPieces : relayWhole;
    relay(socket, { turn, events, signal: abort.signal })
      .catch((error: unknown) => answer(error, { message_id: messageId, chat_id: chatId }))
      .finally(() => {
        if (readers.get(messageId) === abort) readers.delete(messageId);
        leaveIfDone();
      });
  }

  function answer(cause: unknown, origin: Parameters<typeof errorFrame>[1]): void {
    const error = toAppError(cause, "PROCESSING_ERROR");
    if (error.status >= 500) {
      deps.logger.error(
        { err: cause, tenant_id: caller.tenant.id, client_id: caller.clientId },
        "A frame failed",
      );
    }
    send(errorFrame(error, origin));
  }

  async function receive(data: string | undefined): Promise<void> {
    let frame: ClientFrame | undefined;
    if (isClosed) return;
    try {
      const parsed = tryParse(data);
      if (!("frame" in parsed) || parsed.frame.type !== "ping") {
        // The tenant as it is now: its settings change while the connection stands.
        caller = { ...caller, tenant: await openTenant(deps.gate.tenants, caller.tenant.id) };
        await count(deps.gate, caller);
      }
      if (!("frame" in parsed)) throw parsed.error;
      frame = parsed.frame;
      await handle(frame);
    } catch (error) {
      answer(error, frame ? originOf(frame) : {});
      const isGone = error instanceof AppError && error.code === "TENANT_NOT_FOUND";
      if (isGone) socket.close(closeCodes.tenantNotFound, error.code);
    }
  }

  function leaveIfDone(): void {
    if (isDraining && unanswered === 0 && readers.size === 0) leave();
  }

  function leave(): void {
    if (isClosed) return;
    close();
    send(reconnectFrame);
    socket.close(closeCodes.serviceRestart, restartText);
  }

  function close(): void {
    isClosed = true;
    for (const abort of readers.values()) abort.abort();
  }

  let last = Promise.resolve();
  return {
    receive(data) {
      unanswered += 1;
      // One after another: a second message may mean the chat that the first one makes.
      last = last
        .then(() => receive(data))
        .finally(() => {
          unanswered -= 1;
          leaveIfDone();
        });
      return last;
    },
    drain() {
      isDraining = true;
      leaveIfDone();
    },
    leave,
    close,
  };
}

function tryParse(data: string | undefined): { frame: ClientFrame } | { error: unknown } {
  try {
    if (data === undefined) throw new AppError("INVALID_REQUEST", "Frames are text, not binary");
    return { frame: parseClientFrame(data) };
  } catch (error) {
    return { error };
  }
}

async function count(gate: GateDeps, caller: Caller): Promise<void> {
  const counted = await countRequest(gate, caller.tenant);
  if (counted && !counted.decision.allowed) throw refuse(counted.decision);
}
