import type { WidgetConfig } from "./config.ts";
import { pendingQuestion, type Conversation } from "./conversation.ts";

/**
 * What outlives the page: who the visitor is, which chat is open, and a question that nobody has
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
  pendingQuestion(): PendingQuestion | undefined;
  savePendingQuestion(question: PendingQuestion | undefined): void;
}

/** A question that was asked and not acknowledged. */
export interface PendingQuestion {
  readonly clientMessageId: string;
  readonly text: string;
  /** Null: it begins a chat. */
  readonly chatId: string | null;
}

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

  return {
    clientId(make) {
      const known = read(tabArea, ownKey("client"));
      if (known) return known;
      const made = make();
      write(tabArea, ownKey("client"), made);
      return made;
    },
    visitorToken: () => read(browserArea, key("visitor")),
    saveVisitorToken: (token) => write(browserArea, key("visitor"), token),
    dropVisitorToken: () => drop(browserArea, key("visitor")),
    // An empty text says that this tab has a new chat open, whatever the others have.
    chatId: () => (read(tabArea, ownKey("chat")) ?? read(browserArea, ownKey("chat"))) || undefined,
    saveChatId(id) {
      for (const area of new Set([tabArea, browserArea])) write(area, ownKey("chat"), id ?? "");
    },
    pendingQuestion: () => parsePending(read(tabArea, ownKey("pending"))),
    savePendingQuestion(question) {
      if (question) write(tabArea, ownKey("pending"), JSON.stringify(question));
      else drop(tabArea, ownKey("pending"));
    },
  };
}

/** Stores what of a conversation outlives the page, as soon as it changes. */
export function keepConversation(
  storage: ClientStorage,
  next: Conversation,
  before: Conversation,
): void {
  const { chatId } = next;
  const hasMoved = chatId !== before.chatId;
  if (hasMoved) storage.saveChatId(chatId);
  const pending = pendingQuestion(next);
  if (pending === pendingQuestion(before) && !(pending && hasMoved)) return;
  const clientMessageId = pending?.metadata?.client_message_id;
  storage.savePendingQuestion(
    pending && clientMessageId ? { clientMessageId, text: pending.content, chatId } : undefined,
  );
}

/** Undefined for what isn't one: anything of the page can write there. */
function parsePending(text: string | undefined): PendingQuestion | undefined {
  if (!text) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isPending(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isPending(value: unknown): value is PendingQuestion {
  return (
    typeof value === "object" &&
    value !== null &&
    "clientMessageId" in value &&
    typeof value.clientMessageId === "string" &&
    "text" in value &&
    typeof value.text === "string" &&
    "chatId" in value &&
    (value.chatId === null || typeof value.chatId === "string")
  );
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
