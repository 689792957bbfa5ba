import type { ChatApi } from "./chat-api.ts";
import { ChatError } from "./chat-error.ts";
import type { Chat, ChatListState } from "./state.ts";

export interface ChatListDeps {
  readonly api: ChatApi;
  /** Whether the reader can prove who they are; nobody else has chats. @throws ChatError */
  hasProof(): Promise<boolean>;
  onChange(): void;
  onError(error: ChatError): void;
}

/** The visitor's chats, newest first, page by page. */
export class ChatList {
  readonly #deps: ChatListDeps;
  #state: ChatListState = { status: "idle", hasMore: false };
  #chats: readonly Chat[] = [];
  #next: string | null = null;
  #loading: AbortController | undefined;
  /** Tells one reader from the next. */
  #reader = 0;

  constructor(deps: ChatListDeps) {
    this.#deps = deps;
  }

  get state(): ChatListState {
    return this.#state;
  }

  get chats(): readonly Chat[] {
    return this.#chats;
  }

  /** Begins at the newest; what is shown stays until it is there. */
  load(): Promise<void> {
    return this.#load(undefined);
  }

  /** The next page, if there is one. */
  async loadMore(): Promise<void> {
    if (this.#next !== null && !this.#loading) await this.#load(this.#next);
  }

  /** @throws ChatError */
  async rename(chatId: string, title: string): Promise<void> {
    const reader = this.#reader;
    const renamed = await this.#deps.api.renameChat(chatId, title);
    if (reader !== this.#reader) return;
    const isListed = this.#chats.some(({ id }) => id === chatId);
    const listed = isListed ? this.#chats : [renamed, ...this.#chats];
    this.#replace(listed.map((chat) => (chat.id === chatId ? renamed : chat)));
  }

  /** @throws ChatError; one that is gone already is deleted too. */
  async delete(chatId: string): Promise<void> {
    try {
      await this.#deps.api.deleteChat(chatId);
    } catch (error) {
      if (!(error instanceof ChatError) || error.code !== "CHAT_NOT_FOUND") throw error;
    }
    this.forget(chatId);
  }

  /** The chat has been deleted. */
  forget(chatId: string): void {
    this.#replace(this.#chats.filter(({ id }) => id !== chatId));
  }

  /** Somebody else is there: the list is as new. */
  reset(): void {
    this.#reader += 1;
    this.close();
    this.#chats = [];
    this.#next = null;
    this.#change({ status: "idle", hasMore: false });
  }

  /** Loads anew what somebody has asked for already. */
  async refresh(): Promise<void> {
    if (this.#state.status !== "idle") await this.load();
  }

  close(): void {
    if (!this.#loading) return;
    this.#loading.abort();
    this.#loading = undefined;
    this.#change({ ...this.#state, status: "idle" });
  }

  async #load(after: string | undefined): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#change({ status: "loading", hasMore: this.#next !== null });
    try {
      const page = await this.#fetch(after, loading.signal);
      if (loading.signal.aborted) return;
      const known = after === undefined ? [] : this.#chats;
      this.#chats = [...known, ...page.items.filter(({ id }) => !known.some((k) => k.id === id))];
      this.#next = page.next;
      this.#finish({ status: "ready", hasMore: page.next !== null });
    } catch (error) {
      if (loading.signal.aborted) return;
      this.#finish({ status: "error", hasMore: this.#next !== null, error: messageOf(error) });
      if (!(error instanceof ChatError)) throw error;
      this.#deps.onError(error);
    }
  }

  async #fetch(after: string | undefined, signal: AbortSignal) {
    const nothing = { items: [], next: null };
    if (!(await this.#deps.hasProof())) return nothing;
    signal.throwIfAborted();
    try {
      return await this.#deps.api.listChats(after, signal);
    } catch (error) {
      // The proof was refused, and is forgotten: a new visitor has no chats.
      if (error instanceof ChatError && error.code === "VISITOR_TOKEN_REQUIRED") return nothing;
      throw error;
    }
  }

  #finish(state: ChatListState): void {
    this.#loading = undefined;
    this.#change(state);
  }

  #replace(chats: readonly Chat[]): void {
    this.#chats = chats;
    this.#deps.onChange();
  }

  #change(state: ChatListState): void {
    this.#state = state;
    this.#deps.onChange();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
