import type { ChatApi } from "./chat-api.ts";
import { ChatError } from "./chat-error.ts";
import { defaultReconnectInterval } from "./config.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { ClientEnvironment } from "./environment.ts";
import type { ChatMessage } from "./message.ts";
import { pendingOf, type PendingQuestion } from "./pending-questions.ts";
import { longestWait } from "./refusals.ts";
import { RetryTimers } from "./retry-timers.ts";
import type { LoadState } from "./state.ts";
import type { ClientStorage } from "./storage.ts";

/** How often a history that can be had in a moment is asked for again before the reader hears of it. */
const mostTries = 3;

export interface ChatHistoryDeps {
  readonly api: ChatApi;
  readonly conversation: ConversationStore;
  readonly environment: ClientEnvironment;
  readonly storage: ClientStorage;
  /** A question of before the reload, or of a tab that was closed, in the chat that is open again. */
  onPending(question: PendingQuestion): void;
  onLoaded(chatId: string, messages: readonly ChatMessage[]): void;
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
  /** Since the chat was opened, or loaded. */
  #tries = 0;
  /** Tells one time that a chat stood open from the next. */
  #openings = 0;

  constructor(deps: ChatHistoryDeps) {
    this.#deps = deps;
    this.#timers = new RetryTimers((ms, run) => deps.environment.after(ms, run));
  }

  get state(): LoadState {
    return this.#state;
  }

  /** Whether it was decided which chat is open. */
  get isRestored(): boolean {
    return this.#isRestored;
  }

  /** Takes up what was open before a reload, once. */
  restore(): void {
    if (this.#isRestored) return;
    const { storage, conversation, onPending } = this.#deps;
    this.#isRestored = true;
    const chatId = storage.chatId() ?? null;
    const pending = storage.pendingQuestions().filter((question) => question.chatId === chatId);
    // Asked before it was known who asks: they go on in the chat that was open.
    const early = pendingOf(conversation.current);
    if (chatId !== null) this.open(chatId);
    for (const question of [...pending, ...early]) onPending(question);
    if (chatId === null) this.#claim(chatId);
  }

  /** Somebody else is there: nothing of before shows, and `restore` begins anew. */
  reset(): void {
    this.close();
    this.#isRestored = false;
    this.#deps.conversation.dispatch({ type: "opened", chatId: null });
    this.#change({ status: "ready" });
  }

  /** Shows that chat, and brings what was said in it; null shows a new one. */
  open(chatId: string | null): void {
    this.close();
    this.#isRestored = true;
    // Said even where nothing was open yet: a new chat stays one after a reload.
    this.#deps.storage.saveChatId(chatId);
    this.#deps.conversation.dispatch({ type: "opened", chatId });
    this.#tries = 0;
    if (chatId === null) return this.#change({ status: "ready" });
    this.#load(chatId);
    this.#claim(chatId);
  }

  /** Tries again what has failed or was broken off. */
  retry(): void {
    this.#tries = 0;
    this.#loadMissing();
  }

  /** Breaks off; `retry` goes on. */
  close(): void {
    this.#openings += 1;
    this.#timers.clear();
    this.#loading?.abort();
    this.#loading = undefined;
  }

  #loadMissing(): void {
    const { chatId } = this.#deps.conversation.current;
    if (this.#state.status === "ready" || this.#loading || chatId === null) return;
    this.#timers.clear();
    this.#load(chatId);
  }

  /** Takes up what a tab that was closed has left in this chat. */
  #claim(chatId: string | null): void {
    const { storage, conversation, onPending } = this.#deps;
    const opening = this.#openings;
    storage.claimPendingQuestions(chatId, (questions) => {
      if (opening !== this.#openings || conversation.current.chatId !== chatId) return false;
      for (const question of questions) onPending(question);
      return true;
    });
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
          this.#deps.onLoaded(chatId, messages);
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
    this.#tries += 1;
    this.#tryLater(chatId, error);
    const { retryAfter = Infinity } = error;
    if (retryAfter * 1000 <= longestWait && this.#tries <= mostTries) {
      this.#loading = undefined;
      return;
    }
    this.#settle({ status: "error", error: error.message });
    this.#deps.onError(error);
  }

  /** As long as the server says when; else a few times, should it be no more than a bad line. */
  #tryLater(chatId: string, { retryAfter }: ChatError): void {
    if (retryAfter === undefined && this.#tries > mostTries) return;
    const growing = defaultReconnectInterval * 2 ** (this.#tries - 1);
    const ms = retryAfter === undefined ? growing : retryAfter * 1000;
    this.#timers.set(chatId, Math.max(ms, defaultReconnectInterval), () => this.#loadMissing());
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
