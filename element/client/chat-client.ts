import type { WidgetConfig } from "./config.ts";
import { ChatParts, type ClientOptions } from "./chat-parts.ts";
import type { Feedback } from "./message.ts";
import { widgetState, type WidgetState } from "./state.ts";

/** A chat without a face: the connection, the conversation, the reader's chats, and what binds them. */
export class ChatClient {
  readonly #config: () => Readonly<WidgetConfig>;
  readonly #parts: ChatParts;
  readonly #listeners = new Set<(state: WidgetState) => void>();
  #state: WidgetState | undefined;

  /** @param config is asked again at each use, so that a fresh token or callback counts. */
  constructor(config: () => Readonly<WidgetConfig>, options: ClientOptions = {}) {
    this.#config = config;
    this.#parts = new ChatParts(config, options, () => this.#changed());
  }

  /** A snapshot; the same object until something changes. */
  get state(): WidgetState {
    const { status, conversation, list, history } = this.#parts;
    return (this.#state ??= widgetState({
      config: this.#config(),
      connection: status,
      conversation: conversation.current,
      chats: list.chats,
      history: history.state,
      chatList: list.state,
    }));
  }

  /** Whether a user's token is shown. */
  get isSignedIn(): boolean {
    return this.#parts.credentials.isSignedIn;
  }

  /** Calls back after each change; returns what ends that. */
  subscribe(listener: (state: WidgetState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Opens the connection, and brings back the chat that was open before a reload. */
  connect(): void {
    this.#parts.connect();
  }

  /** Leaves no socket, request, timer or channel behind; `connect` goes on where it stopped. */
  disconnect(): void {
    const { tabs, history, list, turns, connection } = this.#parts;
    tabs.close();
    history.close();
    list.close();
    turns.letGo();
    connection.disconnect();
  }

  /**
   * The token or the key of the configuration has changed, or its provider would give another one: shows them on
   * the open connection, or on a new one where that can't be. With another user, or none, nothing of the one before
   * stays on the screen. Opens no connection while there shall be none.
   */
  authenticate(): void {
    this.#parts.identity.authenticate();
  }

  /**
   * Asks a question, at once or as soon as there is a connection; opens one where there is none.
   * @returns whether it was taken: not when it is empty or too long, another one is under way, or ten
   *   wait for a connection, which outlive a reload and go out in order, each once.
   */
  ask(text: string): boolean {
    const { identity, history, turns } = this.#parts;
    identity.look();
    if (identity.isKnown) history.restore();
    return turns.ask(text);
  }

  /** Asks the question of a failed message again, be it the question itself or its answer. */
  retry(messageId: string): void {
    this.#parts.turns.retry(messageId);
  }

  /**
   * Stops what is under way.
   * @returns the question, if it had not been sent yet and so was taken back.
   */
  stop(): string | undefined {
    return this.#parts.turns.stop();
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
    if (this.#parts.hasPending) return false;
    this.#parts.show(chatId);
    return true;
  }

  /** Loads what of the current chat failed to load. */
  reloadHistory(): void {
    this.#parts.history.retry();
  }

  /** Loads the visitor's chats, from the newest on; `state.chatList` says how that goes. */
  loadChats(): Promise<void> {
    return this.#parts.list.load();
  }

  loadMoreChats(): Promise<void> {
    return this.#parts.list.loadMore();
  }

  /** @param title 1 to 200 characters. @throws ChatError */
  async renameChat(chatId: string, title: string): Promise<void> {
    await this.#parts.list.rename(chatId, title);
  }

  /** Deletes a chat with its messages; the current one is left for a new one. @throws ChatError */
  async deleteChat(chatId: string): Promise<void> {
    await this.#parts.list.delete(chatId);
    this.#parts.tabs.tell({ type: "deleted", chatId });
    this.#parts.leave(chatId);
  }

  /**
   * Says what the reader thinks of an answer that has ended. Shown at once; taken back, and reported
   * as an error, when the server refuses it.
   * @param feedback null takes earlier feedback back
   */
  rate(messageId: string, feedback: Feedback | null): void {
    this.#parts.ratings.rate(messageId, feedback);
  }

  #changed(): void {
    this.#state = undefined;
    for (const listener of this.#listeners) listener(this.state);
  }
}
