import type { ServerFrame } from "../../api/ws/protocol.ts";
import { backoffDelay } from "./backoff.ts";
import { defaultReconnectInterval, maxQuestionLength, maxQuestionsWaiting } from "./config.ts";
import type { Connection } from "./connection.ts";
import type { ConversationStore } from "./conversation-store.ts";
import { pendingQuestions, runningAnswers, type Conversation } from "./conversation.ts";
import type { ClientEnvironment } from "./environment.ts";
import type { TurnNews } from "./history-merge.ts";
import { isPending, type ChatMessage } from "./message.ts";
import { tooLongCode } from "./refusals.ts";
import { RetryTimers } from "./retry-timers.ts";
import type { PendingQuestion } from "./pending-questions.ts";

/** How long nothing may be heard of what went out before it is asked for again. Milliseconds. */
export const patience = 45_000;
/** So many answers may be under way in a chat: the server lets no more questions wait. */
const mostRunning = 3;
/** Over how long the first repetitions of what was refused are spread. Milliseconds. */
const spread = 500;

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
  readonly #timers: RetryTimers;
  /** What went out on this connection, questions and answers that it brings: when it was last heard of. */
  readonly #followed = new Map<string, number>();

  constructor(deps: TurnKeeperDeps) {
    this.#deps = deps;
    this.#timers = new RetryTimers((ms, run) => deps.environment.after(ms, run));
  }

  /** See ChatClient.ask. */
  ask(text: string): boolean {
    const question = text.trim();
    if (!question || question.length > maxQuestionLength || !this.#canTake) return false;
    const { environment } = this.#deps;
    const clientMessageId = environment.newId();
    this.#dispatch({ type: "asked", clientMessageId, text: question, at: environment.now() });
    this.#sendOrConnect();
    return true;
  }

  /** Takes up a question of before a reload, or of a tab that was closed. */
  takeUp(question: PendingQuestion): void {
    this.#dispatch({ type: "asked", ...question });
    // It may be in the history already, and nobody may have been told.
    this.#announce(question.clientMessageId);
    this.#sendNext();
  }

  /** The history of the chat is there; what waited may have been taken, and its reply lost. */
  restore(chatId: string, messages: readonly ChatMessage[]): void {
    const waiting = pendingQuestions(this.#conversation);
    this.#dispatch({ type: "restored", chatId, messages });
    for (const { id } of waiting) {
      const taken = this.#announce(id);
      if (taken) this.#deps.onMessage(taken);
    }
  }

  /** See ChatClient.retry. */
  retry(messageId: string): void {
    const { messages } = this.#conversation;
    const failed = messages.find(({ id }) => id === messageId);
    if (failed?.status !== "error" || !this.#canTake) return;
    const wasTaken = failed.role === "assistant";
    const question = wasTaken
      ? messages.find(({ id }) => id === failed.metadata?.reply_to)
      : failed;
    if (!question) return;
    // A question that was never taken keeps its id: should the server know it after all, it asks once.
    const known = wasTaken ? undefined : question.metadata?.client_message_id;
    const clientMessageId = known ?? this.#deps.environment.newId();
    const at = this.#deps.environment.now();
    this.#followed.delete(clientMessageId);
    this.#dispatch({ type: "retried", questionId: question.id, clientMessageId, at });
    this.#sendOrConnect();
  }

  /** See ChatClient.stop. */
  stop(): string | undefined {
    const pending = pendingQuestions(this.#conversation);
    const unsent = pending.findLast(({ metadata }) => !metadata?.sent);
    if (unsent) {
      this.#dispatch({ type: "withdrawn", questionId: unsent.id });
      return unsent.content;
    }
    const answer = this.#running();
    const wanted = answer ?? pending[0];
    if (wanted) this.#dispatch({ type: "stopping", messageId: wanted.id });
    if (answer) this.#sendCancel(answer.id);
    return undefined;
  }

  /** Sends what waits and resumes what runs, as far as this connection doesn't bring it already. */
  catchUp(): void {
    for (const answer of runningAnswers(this.#conversation)) {
      if (this.#followed.has(answer.id)) continue;
      this.#sendResume(answer);
      if (answer.metadata?.stopping) this.#sendCancel(answer.id);
    }
    this.#sendNext();
  }

  /** Asks again for what nothing has been heard of for too long: no answer is left hanging. */
  check(): void {
    const since = this.#deps.environment.now() - patience;
    for (const [id, heardAt] of this.#followed) if (heardAt <= since) this.#followed.delete(id);
    this.catchUp();
  }

  /** @returns whether it refuses what is tried again by itself, so that nobody need hear of it. */
  receive(frame: ServerFrame): boolean {
    const before = this.#conversation;
    const now = this.#deps.environment.now();
    this.#dispatch({ type: "frame", frame, at: now });
    const known = new Map(before.messages.map((message) => [message.id, message]));
    const changed = this.#conversation.messages.filter(
      (message) => message !== known.get(message.id),
    );
    for (const message of changed) this.#follow(message, known.get(message.id));
    if (frame.type === "processing") {
      this.#followed.set(frame.data.message_id, now);
      this.#announce(frame.data.client_message_id);
    }
    if ("cursor" in frame.data && this.#followed.has(frame.data.message_id))
      this.#followed.set(frame.data.message_id, now);
    if (changed.length > 0) this.#sendNext();
    if (frame.type !== "error" && frame.type !== "rate_limit_exceeded") return false;
    // Of a turn that has failed.
    if ("cursor" in frame.data) return false;
    const { message_id, retry_after } = frame.data;
    return message_id ? this.#resumeLater(message_id, retry_after) : changed.some(isPending);
  }

  /** What this connection brought comes no more, or is no longer wanted: `catchUp` begins anew. */
  letGo(): void {
    this.#timers.clear();
    this.#followed.clear();
  }

  /** The connection is gone without our doing. */
  lose(closeCode: number): void {
    this.letGo();
    const [pending] = pendingQuestions(this.#conversation);
    if (closeCode !== tooLongCode || !pending) return;
    const error = { code: "PAYLOAD_TOO_LARGE", message: "This question is too long to send" };
    this.#dispatch({ type: "failed", questionId: pending.id, error });
  }

  get #conversation(): Conversation {
    return this.#deps.conversation.current;
  }

  /** One at a time; without a connection some may wait for one. */
  get #canTake(): boolean {
    const waiting = pendingQuestions(this.#conversation).length;
    if (!this.#deps.connection.isConnected) return waiting < maxQuestionsWaiting;
    return waiting === 0 && !this.#running();
  }

  /** The answer that is being given; with an id, that one. */
  #running(messageId?: string): ChatMessage | undefined {
    const running = runningAnswers(this.#conversation);
    return running.find(({ id }) => messageId === undefined || id === messageId);
  }

  #dispatch: ConversationStore["dispatch"] = (event) => this.#deps.conversation.dispatch(event);

  /** What has to be done about a message that has changed: cancel, resume, send again, tell the page. */
  #follow(message: ChatMessage, was: ChatMessage | undefined): void {
    const { streaming, stopping, behind, cursor, tries = 0 } = message.metadata ?? {};
    if (!was && streaming && stopping) this.#sendCancel(message.id);
    // Behind, and not merely still.
    if (behind && !(was?.metadata?.behind && was.metadata.cursor === cursor))
      this.#sendResume(message);
    if (isPending(message) && tries > (was?.metadata?.tries ?? 0)) this.#sendLater(message, tries);
    // It has a new id then.
    const isTaken = !was && message.role === "user" && message.status === "sent";
    const hasEnded = message.role === "assistant" && was?.metadata?.streaming && !streaming;
    if (isTaken || hasEnded) this.#deps.onMessage(message);
  }

  /** Tells of a question's turn. @returns the question, if it was taken */
  #announce(clientMessageId: string | null): ChatMessage | undefined {
    const { chatId, messages } = this.#conversation;
    const question = messages.find(
      ({ status, metadata }) =>
        status === "sent" && metadata?.client_message_id === clientMessageId,
    );
    const answer = question && messages.find(({ metadata }) => metadata?.reply_to === question.id);
    if (chatId === null || !answer) return undefined;
    this.#deps.onTurn({ chatId, question, answerId: answer.id });
    return question;
  }

  /** A question was refused for now: the server restarts, or we asked too often. */
  #sendLater({ id, metadata }: ChatMessage, tries: number): void {
    const { random, now } = this.#deps.environment;
    const due = metadata?.error?.retryAt ?? now() + defaultReconnectInterval;
    const ms = Math.max(0, due - now()) + backoffDelay(tries, spread, random());
    this.#timers.set(id, ms, () => {
      this.#followed.delete(id);
      this.#sendNext();
    });
  }

  /**
   * A resume or cancel was refused for now.
   * @returns whether there is something to be tried again.
   */
  #resumeLater(messageId: string, retryAfter: number | undefined): boolean {
    if (!this.#running(messageId)) return false;
    const ms = retryAfter === undefined ? defaultReconnectInterval : retryAfter * 1000;
    this.#timers.set(messageId, ms, () => {
      const answer = this.#running(messageId);
      if (answer?.metadata?.stopping) this.#sendCancel(messageId);
      if (answer) this.#sendResume(answer);
    });
    return true;
  }

  #sendOrConnect(): void {
    if (this.#deps.connection.isConnected) this.#sendNext();
    else this.#deps.connect();
  }

  /** One question after another, so that they are taken in the order in which they were asked. */
  #sendNext(): void {
    const [question] = pendingQuestions(this.#conversation);
    if (!question || this.#followed.has(question.id)) return;
    if (!this.#deps.connection.isConnected || !this.#deps.canAsk()) return;
    if (runningAnswers(this.#conversation).length >= mostRunning) return;
    this.#followed.set(question.id, this.#deps.environment.now());
    this.#dispatch({ type: "sent", questionId: question.id });
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
    this.#followed.set(id, this.#deps.environment.now());
    const place = metadata?.cursor === undefined ? {} : { cursor: metadata.cursor };
    this.#deps.connection.send({ type: "resume", data: { message_id: id, ...place } });
  }

  #sendCancel(messageId: string): void {
    if (this.#deps.connection.isConnected)
      this.#deps.connection.send({ type: "cancel", data: { message_id: messageId } });
  }
}
