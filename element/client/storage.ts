import type { WidgetConfig } from "./config.ts";
import type { Conversation } from "./conversation.ts";
import { browserEnvironment } from "./environment.ts";
import { changedPending, parsePending, type PendingQuestion } from "./pending-questions.ts";
import { createTabLock, whenFree } from "./tab-lock.ts";

/**
 * What outlives the page: who the visitor is, which chat is open, and questions that nobody has
 * taken yet. A page may forbid storage; then memory stands in.
 */
export interface ClientStorage {
  /** One id per tab and element, kept over reloads. */
  clientId(make: () => string): string;
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

/**
 * Where it is kept: `local` over visits, `session` until the tab is closed, `none` not at all, so that
 * a reload begins anew as another visitor.
 */
export type StorageMode = "local" | "session" | "none";

type Owner = Pick<WidgetConfig, "apiUrl" | "tenantId" | "userId" | "token">;

/** What everything here belongs to. A user's chats are another's as soon as someone signs in or out. */
export function ownerKey({ apiUrl, tenantId, userId, token }: Owner): string {
  return [apiUrl, tenantId, userId ?? "", token ? "token" : ""].join("|");
}

/** @param instance tells several elements of one page apart; asked for at each use. */
export function createStorage(
  owner: () => Owner,
  instance: () => string,
  mode: StorageMode = "local",
): ClientStorage {
  const memory = new Map<string, string>();
  const browserArea: Area | undefined =
    mode === "none" ? undefined : mode === "session" ? "sessionStorage" : "localStorage";
  const tabArea: Area | undefined = mode === "none" ? undefined : "sessionStorage";
  const key = (kind: string) => `miptech:${kind}:${ownerKey(owner())}`;
  const ownKey = (kind: string) => `${key(kind)}|${instance()}`;

  // Memory holds only what could not be stored: what the page clears is gone here too.
  const read = (area: Area | undefined, name: string) =>
    (area && tryStorage(area, (storage) => storage.getItem(name))) ?? memory.get(`${area} ${name}`);
  const write = (area: Area | undefined, name: string, value: string) => {
    const store = (storage: Storage) => {
      storage.setItem(name, value);
      return true;
    };
    if (area && tryStorage(area, store)) memory.delete(`${area} ${name}`);
    else memory.set(`${area} ${name}`, value);
  };
  const drop = (area: Area | undefined, name: string) => {
    memory.delete(`${area} ${name}`);
    if (area) tryStorage(area, (storage) => storage.removeItem(name));
  };

  const clientId = (make: () => string) => {
    const known = read(tabArea, ownKey("client"));
    if (known) return known;
    const made = make();
    write(tabArea, ownKey("client"), made);
    return made;
  };
  const lock = createTabLock();
  const pendingKey = () => `${ownKey("pending")}|${clientId(browserEnvironment.newId)}`;

  return {
    clientId,
    visitorToken: () => read(browserArea, key("visitor")),
    saveVisitorToken: (token) => write(browserArea, key("visitor"), token),
    dropVisitorToken: () => drop(browserArea, key("visitor")),
    // An empty text says that this tab has a new chat open, whatever the others have.
    chatId: () => (read(tabArea, ownKey("chat")) ?? read(browserArea, ownKey("chat"))) || undefined,
    saveChatId(id) {
      for (const area of new Set([tabArea, browserArea])) write(area, ownKey("chat"), id ?? "");
    },
    pendingQuestions: () => parsePending(read(browserArea, pendingKey())),
    savePendingQuestions(questions) {
      if (questions.length === 0) {
        drop(browserArea, pendingKey());
        return lock.release();
      }
      write(browserArea, pendingKey(), JSON.stringify(questions));
      if (mode === "local") lock.hold(pendingKey());
    },
    claimPendingQuestions(chatId, take) {
      const area = "localStorage";
      if (mode !== "local") return;
      const all = tryStorage(area, (storage) => Object.keys(storage)) ?? [];
      for (const name of all.filter((name) => name.startsWith(`${ownKey("pending")}|`))) {
        if (name === pendingKey()) continue;
        whenFree(name, () => {
          const left = parsePending(read(area, name)).filter(
            ({ at }) => at > Date.now() - longestLeft,
          );
          const isOurs = left.every((question) => question.chatId === chatId);
          if (left.length === 0 || (isOurs && take(left))) drop(area, name);
        });
      }
    },
  };
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

type Area = "localStorage" | "sessionStorage";

/** Undefined when there is no storage: forbidden by a setting or a sandboxed frame, full, or not a browser. */
export function tryStorage<T>(area: Area, use: (storage: Storage) => T): T | undefined {
  try {
    const storage: Storage | undefined = globalThis[area];
    return storage && use(storage);
  } catch (error) {
    // Touching a forbidden storage throws SecurityError, a full one QuotaExceededError. Both leave
    // a working chat that forgets on reload; anything else is a mistake of ours.
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
