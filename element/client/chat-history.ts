import type { ChatApi } from "./chat-api.ts";
import { ChatError } from "./chat-error.ts";
import { defaultReconnectInterval } from "./config.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { ClientEnvironment } from "./environment.ts";
import { RetryTimers } from "./retry-timers.ts";
import type { LoadState } from "./state.ts";
import type { ClientStorage, PendingQuestion } from "./storage.ts";

export interface ChatHistoryDeps {
  readonly api: ChatApi;
  readonly conversation: ConversationStore;
  readonly environment: ClientEnvironment;
  readonly storage: ClientStorage;
  /** A question of before the reload, in the chat that is open again. */
  onPending(question: PendingQuestion): void;
  /** The state has changed. */
  onChange(): void;
  /** Everything is there, or never will be: what waited for it can go on. */
  onReady(): void;
  onError(error: ChatError): void;
}

/** Which chat is open, and the bringing of what was said in it. */
export class ChatHistory {
  readonly #deps: ChatHistoryDeps;
  readonly #timers: RetryTimers;
  #state: LoadState = { status: "ready" };
  #loading: AbortController | undefined;
  #isRestored = false;

  constructor(deps: ChatHistoryDeps) {
    this.#deps = deps;
    this.#timers = new RetryTimers((ms, run) => deps.environment.after(ms, run));
  }

  get state(): LoadState {
    return this.#state;
  }

  /** Takes up what was open before a reload, once. */
  restore(): void {
    if (this.#isRestored) return;
    const { storage, onPending } = this.#deps;
    this.#isRestored = true;
    const chatId = storage.chatId() ?? null;
    const pending = storage.pendingQuestion();
    if (chatId !== null) this.open(chatId);
    if (pending?.chatId === chatId) onPending(pending);
    else if (pending) storage.savePendingQuestion(undefined);
  }

  /** Shows that chat, and brings what was said in it; null shows a new one. */
  open(chatId: string | null): void {
    this.close();
    this.#isRestored = true;
    // Said even where nothing was open yet: a new chat stays one after a reload.
    this.#deps.storage.saveChatId(chatId);
    this.#deps.conversation.dispatch({ type: "opened", chatId });
    if (chatId === null) this.#change({ status: "ready" });
    else this.#load(chatId);
  }

  /** Tries again what has failed or was broken off. */
  retry(): void {
    const { chatId } = this.#deps.conversation.current;
    if (this.#state.status === "ready" || this.#loading || chatId === null) return;
    this.#timers.clear();
    this.#load(chatId);
  }

  /** Breaks off; `retry` goes on. */
  close(): void {
    this.#timers.clear();
    this.#loading?.abort();
    this.#loading = undefined;
  }

  #load(chatId: string): void {
    const loading = new AbortController();
    this.#loading = loading;
    this.#change({ status: "loading" });
    this.#deps.api
      .listMessages(chatId, loading.signal)
      .then(
        (messages) => {
          if (loading.signal.aborted) return;
          this.#deps.conversation.dispatch({ type: "restored", chatId, messages });
          this.#settle({ status: "ready" });
        },
        (error: unknown) => {
          if (!loading.signal.aborted) this.#fail(chatId, error);
        },
      )
      // What fails here is a mistake of ours or of a page's listener, and must not stop the chat.
      .catch((error: unknown) => this.#deps.environment.reportError(error));
  }

  #fail(chatId: string, error: unknown): void {
    if (!(error instanceof ChatError)) {
      this.#settle({ status: "error", error: "The server's answer is not understood" });
      throw error;
    }
    if (error.code === "CHAT_NOT_FOUND") {
      this.#deps.conversation.dispatch({ type: "vanished", chatId });
      return this.#settle({ status: "ready" });
    }
    this.#settle({ status: "error", error: error.message });
    this.#deps.onError(error);
    if (error.retryAfter === undefined) return;
    const ms = Math.max(error.retryAfter * 1000, defaultReconnectInterval);
    this.#timers.set(chatId, ms, () => this.retry());
  }

  #settle(state: LoadState): void {
    this.#loading = undefined;
    this.#change(state);
    this.#deps.onReady();
  }

  #change(state: LoadState): void {
    this.#state = state;
    this.#deps.onChange();
  }
}
