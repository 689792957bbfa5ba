import type { ServerFrame } from "../../api/ws/protocol.ts";
import { ChatError } from "./chat-error.ts";
import {
  chatUrl,
  defaultMaxReconnectAttempts,
  defaultReconnectInterval,
  maxQuestionLength,
  type WidgetConfig,
} from "./config.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import { Connection } from "./connection.ts";
import {
  emptyConversation,
  pendingQuestion,
  reduceConversation,
  runningAnswer,
  type Conversation,
  type ConversationEvent,
} from "./conversation.ts";
import { browserEnvironment, type ClientEnvironment } from "./environment.ts";
import type { ChatMessage } from "./message.ts";
import { tooLongCode } from "./refusals.ts";
import { RetryTimers } from "./retry-timers.ts";
import { widgetState, type WidgetState } from "./state.ts";
import { createStorage, type ClientStorage } from "./storage.ts";

export interface ClientOptions {
  environment?: ClientEnvironment;
  storage?: ClientStorage;
  /** Tells several clients of one page apart. Default "1". */
  instance?: string;
}

/**
 * A chat without a face: the connection, the conversation, and what binds them. It sends a question
 * until the server has taken it, and resumes an answer until it has ended.
 */
export class ChatClient {
  readonly #config: () => Readonly<WidgetConfig>;
  readonly #environment: ClientEnvironment;
  readonly #storage: ClientStorage;
  readonly #connection: Connection;
  readonly #listeners = new Set<(state: WidgetState) => void>();
  #status: ConnectionStatus = { phase: "disconnected", attempts: 0 };
  #conversation: Conversation = emptyConversation;
  #state: WidgetState | undefined;
  /** Questions that went out on some connection; taking one back is too late then. */
  readonly #sent = new Set<string>();
  readonly #resumes: RetryTimers;
  #usedVisitorToken = false;

  /** @param config is asked again at each use, so that a fresh token or callback counts. */
  constructor(config: () => Readonly<WidgetConfig>, options: ClientOptions = {}) {
    this.#config = config;
    this.#environment = options.environment ?? browserEnvironment;
    this.#storage = options.storage ?? createStorage(config, options.instance ?? "1");
    this.#resumes = new RetryTimers((ms, run) => this.#environment.after(ms, run));
    this.#connection = new Connection(
      {
        url: () => this.#url(),
        maxReconnectAttempts: () => config().maxReconnectAttempts ?? defaultMaxReconnectAttempts,
        reconnectInterval: () => config().reconnectInterval ?? defaultReconnectInterval,
        onChange: (status) => this.#receiveStatus(status),
        onFrame: (frame) => this.#receiveFrame(frame),
        onLost: (closeCode) => this.#receiveLoss(closeCode),
        mayRetryRefusal: (closeCode) => this.#forgetVisitor(closeCode),
      },
      this.#environment,
    );
  }

  /** A snapshot; the same object until something changes. */
  get state(): WidgetState {
    return (this.#state ??= widgetState(this.#config(), this.#status, this.#conversation));
  }

  /** Calls back after each change; returns what ends that. */
  subscribe(listener: (state: WidgetState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  connect(): void {
    this.#connection.connect();
  }

  /** Leaves no socket and no timer behind; `connect` goes on where it stopped. */
  disconnect(): void {
    this.#resumes.clear();
    this.#connection.disconnect();
  }

  /** See Connection.wake. */
  wake(): void {
    this.#connection.wake();
  }

  /**
   * Asks a question, at once or as soon as there is a connection; opens one where there is none.
   * @returns whether it was taken: not when it is empty, too long, or another one is under way.
   */
  ask(text: string): boolean {
    const question = text.trim();
    if (!question || question.length > maxQuestionLength || this.state.streaming.isStreaming)
      return false;
    const clientMessageId = this.#environment.newId();
    this.#dispatch({ type: "asked", clientMessageId, text: question, at: this.#environment.now() });
    this.#sendPending();
    return true;
  }

  /** Asks the question of a failed message again, be it the question itself or its answer. */
  retry(messageId: string): void {
    const { messages } = this.#conversation;
    const failed = messages.find(({ id }) => id === messageId);
    if (failed?.status !== "error" || this.state.streaming.isStreaming) return;
    const wasTaken = failed.role === "assistant";
    const question = wasTaken
      ? messages.find(({ id }) => id === failed.metadata?.reply_to)
      : failed;
    if (!question) return;
    // A question that was never taken keeps its id: should the server know it after all, it asks once.
    const known = wasTaken ? undefined : question.metadata?.client_message_id;
    const clientMessageId = known ?? this.#environment.newId();
    const at = this.#environment.now();
    this.#dispatch({ type: "retried", questionId: question.id, clientMessageId, at });
    this.#sendPending();
  }

  /**
   * Stops what is under way.
   * @returns the question, if it had not been sent yet and so was taken back.
   */
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

  #url(): string {
    const config = this.#config();
    const visitorToken = config.token ? undefined : this.#storage.visitorToken();
    this.#usedVisitorToken = visitorToken !== undefined;
    return chatUrl(
      config,
      this.#storage.clientId(() => this.#environment.newId()),
      config.token ?? visitorToken,
    );
  }

  #receiveStatus(status: ConnectionStatus): void {
    const before = this.#status.phase;
    this.#status = status;
    this.#changed();
    if (status.phase === before) return;
    if (before === "connected") this.#tell((config) => config.onDisconnect?.());
    if (status.phase === "refused" || status.phase === "exhausted") {
      const code = status.phase === "refused" ? "CONNECTION_REFUSED" : "CONNECTION_LOST";
      this.#report(new ChatError(code, status.error ?? "The chat server can't be reached"));
    }
  }

  #receiveLoss(closeCode: number): void {
    this.#resumes.clear();
    const pending = pendingQuestion(this.#conversation);
    if (closeCode !== tooLongCode || !pending) return;
    const error = { code: "PAYLOAD_TOO_LARGE", message: "This question is too long to send" };
    this.#dispatch({ type: "failed", questionId: pending.id, error });
  }

  /** A stored visitor token that is refused is forgotten: the reader becomes a new visitor. */
  #forgetVisitor(closeCode: number): boolean {
    if (closeCode !== 4401 || !this.#usedVisitorToken) return false;
    this.#storage.dropVisitorToken();
    return true;
  }

  #receiveFrame(frame: ServerFrame): void {
    if (frame.type === "connection_established") {
      if (frame.data.visitor_token) this.#storage.saveVisitorToken(frame.data.visitor_token);
      this.#resumeAll();
      this.#tell((config) => config.onConnect?.());
    } else if (this.#connection.isConnected) {
      const before = this.#conversation;
      this.#dispatch({ type: "frame", frame, at: this.#environment.now() });
      this.#follow(before, frame);
    }
    if (frame.type === "error")
      this.#report(new ChatError(frame.data.error_code, frame.data.message));
    if (frame.type === "rate_limit_exceeded")
      this.#report(new ChatError("RATE_LIMIT_EXCEEDED", frame.data.message));
  }

  /** What has to be done after a frame: cancel, resume, tell the host page. */
  #follow(before: Conversation, frame: ServerFrame): void {
    const known = new Map(before.messages.map((message) => [message.id, message]));
    for (const message of this.#conversation.messages) {
      const was = known.get(message.id);
      if (message === was) continue;
      const { streaming, stopping, behind } = message.metadata ?? {};
      if (!was && streaming && stopping) this.#sendCancel(message.id);
      // Behind, and not merely still: what changes nothing was passed over above.
      if (behind) this.#sendResume(message);
      const isTaken = message.role === "user" && message.status === "sent";
      const hasEnded = message.role === "assistant" && was?.metadata?.streaming && !streaming;
      if (isTaken || hasEnded) this.#tell((config) => config.onMessage?.(message));
    }
    const isRefusal =
      (frame.type === "error" || frame.type === "rate_limit_exceeded") && !("cursor" in frame.data);
    if (isRefusal && frame.data.message_id)
      this.#resumeLater(frame.data.message_id, frame.data.retry_after);
  }

  #resumeAll(): void {
    for (const message of this.#conversation.messages) {
      if (!message.metadata?.streaming) continue;
      this.#sendResume(message);
      if (message.metadata.stopping) this.#sendCancel(message.id);
    }
    this.#sendPending();
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
    if (!this.#connection.isConnected) return this.#connection.connect();
    this.#sent.add(question.id);
    const { chatId } = this.#conversation;
    const { content, metadata } = question;
    this.#connection.send({
      type: "chat_message",
      data: {
        message: content,
        chat_id: chatId,
        stream: true,
        client_message_id: metadata?.client_message_id,
      },
    });
  }

  #sendResume({ id, metadata }: ChatMessage): void {
    if (!this.#connection.isConnected) return;
    const place = metadata?.cursor === undefined ? {} : { cursor: metadata.cursor };
    this.#connection.send({ type: "resume", data: { message_id: id, ...place } });
  }

  #sendCancel(messageId: string): void {
    if (this.#connection.isConnected)
      this.#connection.send({ type: "cancel", data: { message_id: messageId } });
  }

  #dispatch(event: ConversationEvent): void {
    const next = reduceConversation(this.#conversation, event);
    if (next === this.#conversation) return;
    this.#conversation = next;
    this.#changed();
  }

  #changed(): void {
    this.#state = undefined;
    for (const listener of this.#listeners) listener(this.state);
  }

  #report(error: ChatError): void {
    this.#tell((config) => config.onError?.(error));
  }

  /** A callback that throws is the page's matter, and must not stop what we are at. */
  #tell(call: (config: Readonly<WidgetConfig>) => void): void {
    try {
      call(this.#config());
    } catch (error) {
      this.#environment.reportError(error);
    }
  }
}
