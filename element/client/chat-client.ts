import type { ServerFrame } from "../../api/ws/protocol.ts";
import { Advice } from "./advice.ts";
import { createChatApi } from "./chat-api.ts";
import { errorOf, type ChatError } from "./chat-error.ts";
import { ChatHistory } from "./chat-history.ts";
import { ChatList } from "./chat-list.ts";
import {
  defaultMaxReconnectAttempts,
  defaultReconnectInterval,
  type WidgetConfig,
} from "./config.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import { Connection } from "./connection.ts";
import { ConversationStore } from "./conversation-store.ts";
import { pendingQuestions } from "./conversation.ts";
import { browserEnvironment, type ClientEnvironment } from "./environment.ts";
import type { Feedback } from "./message.ts";
import { OtherTabs, type TabNews } from "./other-tabs.ts";
import { PageCallbacks } from "./page-callbacks.ts";
import { Ratings } from "./ratings.ts";
import { createRest } from "./rest.ts";
import { widgetState, type WidgetState } from "./state.ts";
import { createStorage, keepConversation, ownerKey, type ClientStorage } from "./storage.ts";
import { TurnKeeper } from "./turn-keeper.ts";
import { Visitor } from "./visitor.ts";

export interface ClientOptions {
  environment?: ClientEnvironment;
  storage?: ClientStorage;
  /** Tells several clients of one page apart. Default "1". */
  instance?: string;
}

/** A chat without a face: the connection, the conversation, the visitor's chats, and what binds them. */
export class ChatClient {
  readonly #config: () => Readonly<WidgetConfig>;
  readonly #environment: ClientEnvironment;
  readonly #visitor: Visitor;
  readonly #advice: Advice;
  readonly #page: PageCallbacks;
  readonly #connection: Connection;
  readonly #conversation: ConversationStore;
  readonly #turns: TurnKeeper;
  readonly #ratings: Ratings;
  readonly #history: ChatHistory;
  readonly #list: ChatList;
  readonly #tabs: OtherTabs;
  readonly #listeners = new Set<(state: WidgetState) => void>();
  #status: ConnectionStatus = { phase: "disconnected", attempts: 0 };
  #state: WidgetState | undefined;

  /** @param config is asked again at each use, so that a fresh token or callback counts. */
  constructor(config: () => Readonly<WidgetConfig>, options: ClientOptions = {}) {
    const environment = options.environment ?? browserEnvironment;
    const storage = options.storage ?? createStorage(config, () => options.instance ?? "1");
    this.#config = config;
    this.#environment = environment;
    this.#visitor = new Visitor(config, storage, environment.newId);
    this.#advice = new Advice(config, environment);
    this.#page = new PageCallbacks(config, environment);
    this.#connection = this.#createConnection();
    const api = createChatApi(createRest(config, storage, environment));
    const onChange = () => this.#changed();
    const onError = (error: ChatError) => this.#receiveFailure(error);
    this.#conversation = new ConversationStore((next, before) => {
      keepConversation(storage, next, before);
      this.#changed();
    });
    const conversation = this.#conversation;
    this.#ratings = new Ratings(conversation, this.#connection);
    this.#turns = this.#createTurns();
    this.#history = new ChatHistory({
      api,
      conversation,
      environment,
      storage,
      onChange,
      onError,
      onLoaded: (chatId, messages) => this.#turns.restore(chatId, messages),
      onReady: () => this.#turns.catchUp(),
      onPending: (question) => this.#turns.takeUp(question),
    });
    const hasProof = () => this.#visitor.isProven;
    this.#list = new ChatList({ api, hasProof, onChange, onError });
    const channel = () => `miptech:${ownerKey(config())}`;
    this.#tabs = new OtherTabs(environment, channel, (news) => this.#hear(news));
  }

  /** A snapshot; the same object until something changes. */
  get state(): WidgetState {
    return (this.#state ??= widgetState({
      config: this.#config(),
      connection: this.#status,
      conversation: this.#conversation.current,
      chats: this.#list.chats,
      history: this.#history.state,
      chatList: this.#list.state,
    }));
  }

  /** Calls back after each change; returns what ends that. */
  subscribe(listener: (state: WidgetState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Opens the connection, and brings back the chat that was open before a reload. */
  connect(): void {
    this.#tabs.listen();
    this.#history.restore();
    this.#history.retry();
    this.#connection.connect();
  }

  /** Leaves no socket, request, timer or channel behind; `connect` goes on where it stopped. */
  disconnect(): void {
    this.#tabs.close();
    this.#history.close();
    this.#list.close();
    this.#turns.letGo();
    this.#connection.disconnect();
  }

  /** Connects anew, with the token that the configuration has now; does nothing while disconnected. */
  reconnect(): void {
    if (this.#status.phase === "disconnected") return;
    this.#turns.letGo();
    this.#connection.reopen();
    this.#history.retry();
  }

  /**
   * Asks a question, at once or as soon as there is a connection; opens one where there is none.
   * @returns whether it was taken: not when it is empty or too long, another one is under way, or ten
   *   wait for a connection, which outlive a reload and go out in order, each once.
   */
  ask(text: string): boolean {
    this.#history.restore();
    return this.#turns.ask(text);
  }

  /** Asks the question of a failed message again, be it the question itself or its answer. */
  retry(messageId: string): void {
    this.#turns.retry(messageId);
  }

  /**
   * Stops what is under way.
   * @returns the question, if it had not been sent yet and so was taken back.
   */
  stop(): string | undefined {
    return this.#turns.stop();
  }

  /**
   * Leaves the chat for a new one, which the next question makes. An answer under way goes on without readers.
   * @returns whether it was done: not while a question waits to be taken, since it would be lost.
   */
  newChat(): boolean {
    return this.openChat(null);
  }

  /** Goes to another of the visitor's chats; null is a new one. @returns as newChat */
  openChat(chatId: string | null): boolean {
    if (this.#hasPending) return false;
    this.#show(chatId);
    return true;
  }

  /** Loads what of the current chat failed to load. */
  reloadHistory(): void {
    this.#history.retry();
  }

  /** Loads the visitor's chats, from the newest on; `state.chatList` says how that goes. */
  loadChats(): Promise<void> {
    return this.#list.load();
  }

  loadMoreChats(): Promise<void> {
    return this.#list.loadMore();
  }

  /** @param title 1 to 200 characters. @throws ChatError */
  async renameChat(chatId: string, title: string): Promise<void> {
    await this.#list.rename(chatId, title);
  }

  /** Deletes a chat with its messages; the current one is left for a new one. @throws ChatError */
  async deleteChat(chatId: string): Promise<void> {
    await this.#list.delete(chatId);
    this.#tabs.tell({ type: "deleted", chatId });
    this.#leave(chatId);
  }

  /**
   * Says what the reader thinks of an answer that has ended. Shown at once; taken back, and reported
   * as an error, when the server refuses it.
   * @param feedback null takes earlier feedback back
   */
  rate(messageId: string, feedback: Feedback | null): void {
    this.#ratings.rate(messageId, feedback);
  }

  #createConnection(): Connection {
    const config = this.#config;
    const options = {
      url: () => this.#visitor.url(),
      maxReconnectAttempts: () => config().maxReconnectAttempts ?? defaultMaxReconnectAttempts,
      reconnectInterval: () => config().reconnectInterval ?? defaultReconnectInterval,
      onChange: (status: ConnectionStatus) => this.#receiveStatus(status),
      onFrame: (frame: ServerFrame) => this.#receiveFrame(frame),
      onLook: () => this.#turns.check(),
      onLost: (closeCode: number) => this.#turns.lose(closeCode),
      mayRetryRefusal: (closeCode: number) => closeCode === 4401 && this.#visitor.forget(),
    };
    return new Connection(options, this.#environment);
  }

  #createTurns(): TurnKeeper {
    return new TurnKeeper({
      conversation: this.#conversation,
      connection: this.#connection,
      environment: this.#environment,
      connect: () => this.connect(),
      canAsk: () => this.#history.state.status !== "loading",
      onMessage: (message) => this.#page.received(message),
      onTurn: (turn) => this.#tabs.tell({ type: "turn", turn }),
    });
  }

  get #hasPending(): boolean {
    return pendingQuestions(this.#conversation.current).length > 0;
  }

  /** The chat has been deleted; a question that waits would be lost with it, and begins a new one. */
  #leave(chatId: string): void {
    if (this.#conversation.current.chatId !== chatId) return;
    if (!this.#hasPending) return this.#show(null);
    this.#turns.letGo();
    this.#conversation.dispatch({ type: "vanished", chatId });
    this.#turns.catchUp();
  }

  #show(chatId: string | null): void {
    this.#turns.letGo();
    this.#history.open(chatId);
  }

  #hear(news: TabNews): void {
    if (news.type === "deleted") {
      this.#list.forget(news.chatId);
      this.#leave(news.chatId);
    } else {
      this.#conversation.dispatch({ type: "joined", news: news.turn });
      this.#turns.catchUp();
    }
  }

  #receiveStatus(status: ConnectionStatus): void {
    const before = this.#status.phase;
    this.#status = status;
    this.#changed();
    if (status.phase === before) return;
    this.#page.changed(status);
    this.#advice.receiveStatus(status);
  }

  #receiveFrame(frame: ServerFrame): void {
    if (frame.type === "connection_established") return this.#greet(frame.data.visitor_token);
    const error = errorOf(frame);
    if (!this.#isMet(frame) && error) this.#page.failed(error);
  }

  /** Whether it refuses what is tried again by itself: should that fail too, the page hears of it then. */
  #isMet(frame: ServerFrame): boolean {
    if (!this.#connection.isConnected) return "retry_after" in frame.data;
    return !this.#ratings.receive(frame) && this.#turns.receive(frame);
  }

  #greet(visitorToken: string | undefined): void {
    if (visitorToken && !this.#visitor.meet(visitorToken)) return this.#connection.reopen();
    this.#ratings.sendAll();
    this.#history.retry();
    this.#turns.catchUp();
    this.#page.connected();
  }

  #receiveFailure(error: ChatError): void {
    // Without a connection either, the network is away, and the connection speaks of that.
    if (error.code === "UNREACHABLE" && !this.#connection.isConnected) return;
    this.#advice.receiveFailure(error);
    this.#page.failed(error);
  }

  #changed(): void {
    this.#state = undefined;
    for (const listener of this.#listeners) listener(this.state);
  }
}
