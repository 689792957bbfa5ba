import type { ServerFrame } from "../../api/ws/protocol.ts";
import { defaultReconnectInterval, maxQuestionLength } from "./config.ts";
import type { Connection } from "./connection.ts";
import type { ConversationStore } from "./conversation-store.ts";
import { pendingQuestion, runningAnswer, type Conversation } from "./conversation.ts";
import type { ClientEnvironment } from "./environment.ts";
import type { TurnNews } from "./history-merge.ts";
import type { ChatMessage } from "./message.ts";
import { tooLongCode } from "./refusals.ts";
import { RetryTimers } from "./retry-timers.ts";
import type { PendingQuestion } from "./storage.ts";

export interface TurnKeeperDeps {
  readonly conversation: ConversationStore;
  readonly connection: Pick<Connection, "isConnected" | "send">;
  readonly environment: ClientEnvironment;
  /** Opens a connection where there is none. */
  connect(): void;
  /** Whether the chat is known well enough to ask in it: its history may still be on its way. */
  canAsk(): boolean;
  onMessage(message: ChatMessage): void;
  /** The server has taken a question of this page. */
  onTurn(news: TurnNews): void;
}

/**
 * Sees each question through until the server has taken it, and each answer until it has ended, over
 * as many connections as that takes.
 */
export class TurnKeeper {
  readonly #deps: TurnKeeperDeps;
  readonly #resumes: RetryTimers;
  /** Questions that went out on some connection; taking one back is too late then. */
  readonly #sent = new Set<string>();
  /** What went out on this connection: questions, and answers that it brings. */
  readonly #followed = new Set<string>();

  constructor(deps: TurnKeeperDeps) {
    this.#deps = deps;
    this.#resumes = new RetryTimers((ms, run) => deps.environment.after(ms, run));
  }

  /** See ChatClient.ask. */
  ask(text: string): boolean {
    const question = text.trim();
    if (!question || question.length > maxQuestionLength || this.#isBusy) return false;
    const { environment } = this.#deps;
    const clientMessageId = environment.newId();
    this.#dispatch({ type: "asked", clientMessageId, text: question, at: environment.now() });
    this.#sendPending();
    return true;
  }

  /** Takes up a question of before the reload: it may have been sent. */
  takeUp({ clientMessageId, text }: PendingQuestion): void {
    this.#sent.add(clientMessageId);
    this.#dispatch({ type: "asked", clientMessageId, text, at: this.#deps.environment.now() });
  }

  /** See ChatClient.retry. */
  retry(messageId: string): void {
    const { messages } = this.#conversation;
    const failed = messages.find(({ id }) => id === messageId);
    if (failed?.status !== "error" || this.#isBusy) return;
    const wasTaken = failed.role === "assistant";
    const question = wasTaken
      ? messages.find(({ id }) => id === failed.metadata?.reply_to)
      : failed;
    if (!question) return;
    // A question that was never taken keeps its id: should the server know it after all, it asks once.
    const known = wasTaken ? undefined : question.metadata?.client_message_id;
    const clientMessageId = known ?? this.#deps.environment.newId();
    const at = this.#deps.environment.now();
    this.#dispatch({ type: "retried", questionId: question.id, clientMessageId, at });
    this.#sendPending();
  }

  /** See ChatClient.stop. */
  stop(): string | undefined {
    const answer = runningAnswer(this.#conversation);
    if (answer) {
      this.#dispatch({ type: "stopping", messageId: answer.id });
      this.#sendCancel(answer.id);
      return undefined;
    }
    const question = pendingQuestion(this.#conversation);
    if (!question) return undefined;
    if (this.#sent.has(question.id)) {
      this.#dispatch({ type: "stopping", messageId: question.id });
      return undefined;
    }
    this.#dispatch({ type: "withdrawn", questionId: question.id });
    return question.content;
  }

  /** Sends what waits and resumes what runs, as far as this connection doesn't bring it already. */
  catchUp(): void {
    for (const message of this.#conversation.messages) {
      if (!message.metadata?.streaming || this.#followed.has(message.id)) continue;
      this.#sendResume(message);
      if (message.metadata.stopping) this.#sendCancel(message.id);
    }
    const pending = pendingQuestion(this.#conversation);
    if (pending && !this.#followed.has(pending.id)) this.#sendPending();
  }

  receive(frame: ServerFrame): void {
    const before = this.#conversation;
    this.#dispatch({ type: "frame", frame, at: this.#deps.environment.now() });
    const known = new Map(before.messages.map((message) => [message.id, message]));
    for (const message of this.#conversation.messages) {
      const was = known.get(message.id);
      if (message !== was) this.#follow(message, was);
    }
    if (frame.type === "processing") this.#accept(frame.data.question_id, frame.data.message_id);
    const isRefusal =
      (frame.type === "error" || frame.type === "rate_limit_exceeded") && !("cursor" in frame.data);
    if (isRefusal && frame.data.message_id)
      this.#resumeLater(frame.data.message_id, frame.data.retry_after);
  }

  /** What this connection brought comes no more, or is no longer wanted: `catchUp` begins anew. */
  letGo(): void {
    this.#resumes.clear();
    this.#followed.clear();
  }

  /** The connection is gone without our doing. */
  lose(closeCode: number): void {
    this.letGo();
    const pending = pendingQuestion(this.#conversation);
    if (closeCode !== tooLongCode || !pending) return;
    const error = { code: "PAYLOAD_TOO_LARGE", message: "This question is too long to send" };
    this.#dispatch({ type: "failed", questionId: pending.id, error });
  }

  get #conversation(): Conversation {
    return this.#deps.conversation.current;
  }

  get #isBusy(): boolean {
    return Boolean(runningAnswer(this.#conversation) ?? pendingQuestion(this.#conversation));
  }

  #dispatch: ConversationStore["dispatch"] = (event) => this.#deps.conversation.dispatch(event);

  /** What has to be done about a message that has changed: cancel, resume, tell the page. */
  #follow(message: ChatMessage, was: ChatMessage | undefined): void {
    const { streaming, stopping, behind } = message.metadata ?? {};
    if (!was && streaming && stopping) this.#sendCancel(message.id);
    // Behind, and not merely still: what changes nothing never comes here.
    if (behind) this.#sendResume(message);
    const isTaken = message.role === "user" && message.status === "sent";
    const hasEnded = message.role === "assistant" && was?.metadata?.streaming && !streaming;
    if (isTaken || hasEnded) this.#deps.onMessage(message);
  }

  #accept(questionId: string, answerId: string): void {
    this.#followed.add(answerId);
    const { chatId, messages } = this.#conversation;
    const question = messages.find(({ id }) => id === questionId);
    if (chatId !== null && question) this.#deps.onTurn({ chatId, question, answerId });
  }

  /** A resume or cancel was refused for now: the server was busy, or we asked too often. */
  #resumeLater(messageId: string, retryAfter: number | undefined): void {
    if (!runningAnswer(this.#conversation, messageId)) return;
    const ms = retryAfter === undefined ? defaultReconnectInterval : retryAfter * 1000;
    this.#resumes.set(messageId, ms, () => {
      const answer = runningAnswer(this.#conversation, messageId);
      if (answer?.metadata?.stopping) this.#sendCancel(messageId);
      if (answer) this.#sendResume(answer);
    });
  }

  #sendPending(): void {
    const question = pendingQuestion(this.#conversation);
    if (!question) return;
    if (!this.#deps.connection.isConnected) return this.#deps.connect();
    if (!this.#deps.canAsk()) return;
    this.#sent.add(question.id);
    this.#followed.add(question.id);
    const { content, metadata } = question;
    const client_message_id = metadata?.client_message_id;
    const chat_id = this.#conversation.chatId;
    this.#deps.connection.send({
      type: "chat_message",
      data: { message: content, chat_id, stream: true, client_message_id },
    });
  }

  #sendResume({ id, metadata }: ChatMessage): void {
    if (!this.#deps.connection.isConnected) return;
    this.#followed.add(id);
    const place = metadata?.cursor === undefined ? {} : { cursor: metadata.cursor };
    this.#deps.connection.send({ type: "resume", data: { message_id: id, ...place } });
  }

  #sendCancel(messageId: string): void {
    if (this.#deps.connection.isConnected)
      this.#deps.connection.send({ type: "cancel", data: { message_id: messageId } });
  }
}
