import { createBrowserStore, type BrowserStore } from "./browser-store.ts";
import type { WidgetConfig } from "./config.ts";
import type { Conversation } from "./conversation.ts";
import { browserEnvironment } from "./environment.ts";
import { changedPending, parsePending, type PendingQuestion } from "./pending-questions.ts";
import { browserLocks, type TabLock, type TabLocks } from "./tab-lock.ts";

/**
 * What outlives the page: who the visitor is, which chat is open, and questions that nobody has
 * taken yet. A page may forbid storage; then memory stands in.
 */
export interface ClientStorage {
  /** One id per tab and element, kept over reloads. */
  clientId(make: () => string): string;
  /**
   * Whose the chat and the questions are: a user, by the server's id, or null, the visitor. Undefined as long as
   * nobody knows: then nothing of them is read or kept.
   */
  readonly user: string | null | undefined;
  /**
   * Sets `user`. What this browser's visitor has left becomes the user's who they turn out to be; with undefined it
   * stays the visitor's until then.
   */
  recognise(user: string | null | undefined): void;
  /** That user has left: which chat was open is forgotten, and what still waits is left as by a tab that was closed. */
  forget(): void;
  /** The visitor's; of a user, that of the visitor they were, until it is dropped. */
  visitorToken(): string | undefined;
  saveVisitorToken(token: string): void;
  dropVisitorToken(): void;
  /** The chat that was open: this tab's, else the browser's last one. */
  chatId(): string | undefined;
  /** Null: a new chat is open. */
  saveChatId(id: string | null): void;
  /** This tab's, in the order in which they were asked. */
  pendingQuestions(): readonly PendingQuestion[];
  savePendingQuestions(questions: readonly PendingQuestion[]): void;
  /**
   * Hands over what a tab that was closed has left in that chat; at most a day old.
   * @param take says whether they were taken up; then they are this tab's. May be called later.
   */
  claimPendingQuestions(
    chatId: string | null,
    take: (questions: readonly PendingQuestion[]) => boolean,
  ): void;
}

/** A question that has waited longer in no tab is forgotten: nobody expects its answer. Milliseconds. */
const longestLeft = 86_400_000;

type Owner = Pick<WidgetConfig, "apiUrl" | "tenantId" | "userId">;

/** What everything here belongs to, beside the reader. */
export function ownerKey({ apiUrl, tenantId, userId }: Owner): string {
  return [apiUrl, tenantId, userId ?? ""].join("|");
}

/** @param instance tells several elements of one page apart; asked for at each use. */
export function createStorage(
  owner: () => Owner,
  instance: () => string,
  store: BrowserStore = createBrowserStore("local"),
  locks: TabLocks = browserLocks,
): ClientStorage {
  return new ReaderStorage(owner, instance, store, locks);
}

const scopes = ["tab", "browser"] as const;

class ReaderStorage implements ClientStorage {
  readonly #owner: () => Owner;
  readonly #instance: () => string;
  readonly #store: BrowserStore;
  readonly #locks: TabLocks;
  readonly #lock: TabLock;
  #user: string | null | undefined;
  /** The visitor is signing in: what they take back, and no more, is still written to what they left. */
  #isLeaving = false;

  constructor(owner: () => Owner, instance: () => string, store: BrowserStore, locks: TabLocks) {
    this.#owner = owner;
    this.#instance = instance;
    this.#store = store;
    this.#locks = locks;
    this.#lock = locks.create();
  }

  get user(): string | null | undefined {
    return this.#user;
  }

  clientId(make: () => string): string {
    const name = `${this.#key("client")}|${this.#instance()}`;
    const known = this.#store.read("tab", name);
    if (known) return known;
    const made = make();
    this.#store.write("tab", name, made);
    return made;
  }

  recognise(user: string | null | undefined): void {
    this.#user = user;
    this.#isLeaving = user === undefined;
    if (this.#isLeaving) return;
    this.#lock.release();
    if (user !== null) for (const visitor of this.#visitors()) this.#adopt(visitor);
  }

  forget(): void {
    this.#isLeaving = false;
    if (!this.#user) return;
    const chat = this.#ownKey("chat");
    // A chat in which questions wait is kept for their reader.
    const isWaiting = this.#store.read("browser", this.#pendingKey()) !== undefined;
    this.#leaveQuestions();
    if (!isWaiting || this.#store.isShared) this.#store.drop("tab", chat);
    if (!isWaiting) this.#store.drop("browser", chat);
    this.#user = undefined;
  }

  visitorToken(): string | undefined {
    return this.#store.read("browser", this.#visitorKey());
  }

  saveVisitorToken(token: string): void {
    this.#store.write("browser", this.#key("visitor"), token);
  }

  dropVisitorToken(): void {
    this.#store.drop("browser", this.#visitorKey());
  }

  chatId(): string | undefined {
    if (this.#user === undefined) return undefined;
    // An empty text says that this tab has a new chat open, whatever the others have.
    const name = this.#ownKey("chat");
    return (this.#store.read("tab", name) ?? this.#store.read("browser", name)) || undefined;
  }

  saveChatId(id: string | null): void {
    if (this.#user === undefined) return;
    for (const scope of scopes) this.#store.write(scope, this.#ownKey("chat"), id ?? "");
  }

  pendingQuestions(): readonly PendingQuestion[] {
    return this.#user === undefined ? [] : this.#read(this.#pendingKey());
  }

  savePendingQuestions(questions: readonly PendingQuestion[]): void {
    if (this.#user === undefined && !this.#isLeaving) return;
    const name = this.#pendingKey();
    const ids = new Set(questions.map(({ clientMessageId }) => clientMessageId));
    const kept = this.#isLeaving
      ? this.#read(name).filter(({ clientMessageId }) => ids.has(clientMessageId))
      : questions;
    if (kept.length === 0) {
      this.#store.drop("browser", name);
      return this.#lock.release();
    }
    this.#store.write("browser", name, JSON.stringify(kept));
    if (this.#store.isShared) this.#lock.hold(name);
  }

  claimPendingQuestions(
    chatId: string | null,
    take: (questions: readonly PendingQuestion[]) => boolean,
  ): void {
    if (this.#user === undefined) return;
    for (const name of this.#store.list(this.#pendingKey(""))) {
      if (name === this.#pendingKey()) continue;
      this.#locks.whenFree(name, () => {
        const left = this.#read(name).filter(({ at }) => at > Date.now() - longestLeft);
        const isOurs = left.every((question) => question.chatId === chatId);
        if (left.length === 0 || (isOurs && take(left))) this.#store.drop("browser", name);
      });
    }
  }

  #read(name: string): readonly PendingQuestion[] {
    return parsePending(this.#store.read("browser", name));
  }

  #key(kind: string, of = this.#owner()): string {
    return `miptech:${kind}:${ownerKey(of)}|`;
  }

  /** Of the reader and this element. */
  #ownKey(kind: string, of = this.#owner(), reader = this.#user): string {
    return `${this.#key(kind, of)}${reader ?? ""}|${this.#instance()}`;
  }

  #pendingKey(tab = this.clientId(browserEnvironment.newId)): string {
    return `${this.#ownKey("pending")}|${tab}`;
  }

  #visitorKey(): string {
    const places = this.#user === null ? [this.#owner()] : this.#visitors();
    const names = places.map((of) => this.#key("visitor", of) + (this.#user ?? ""));
    return names.find((name) => this.#store.read("browser", name)) ?? this.#key("visitor");
  }

  /** Who a user may have been before: a page may name its user only once they have signed in. */
  #visitors(): readonly Owner[] {
    const { userId, ...nameless } = this.#owner();
    return userId ? [this.#owner(), nameless] : [nameless];
  }

  /** What waits in this tab is for the next page that opens its chat. */
  #leaveQuestions(): void {
    const left = this.#pendingKey(browserEnvironment.newId());
    if (this.#store.isShared) this.#store.rename(this.#pendingKey(), left);
    this.#lock.release();
  }

  /** What the visitor has left becomes the user's, also what proves them: nobody else may claim their chats. */
  #adopt(of: Owner): void {
    const store = this.#store;
    store.rename(this.#key("visitor", of), this.#key("visitor", of) + this.#user);
    const chat = this.#ownKey("chat", of, null);
    const pending = `${this.#ownKey("pending", of, null)}|`;
    const own = pending + this.clientId(browserEnvironment.newId);
    const open = store.read("tab", chat);
    if (open || store.read("browser", own)) this.#leaveQuestions();
    if (open) this.saveChatId(open);
    for (const scope of scopes) store.drop(scope, chat);
    store.rename(own, this.#pendingKey());
    for (const name of store.list(pending)) {
      const to = this.#pendingKey(name.slice(pending.length));
      this.#locks.whenFree(name, () => store.rename(name, to));
    }
  }
}

/** Stores what of a conversation outlives the page, as soon as it changes. */
export function keepConversation(
  storage: ClientStorage,
  next: Conversation,
  before: Conversation,
): void {
  if (next.chatId !== before.chatId) storage.saveChatId(next.chatId);
  const pending = changedPending(next, before);
  if (pending) storage.savePendingQuestions(pending);
}
