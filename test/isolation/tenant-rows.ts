import type { Chat } from "../../api/core/chats.ts";
import type { Message } from "../../api/core/message.ts";
import type { Tenant } from "../../api/core/tenant.ts";

/** What of a message is compared. */
export type HeldMessage = Pick<
  Message,
  "id" | "chatId" | "role" | "content" | "state" | "attempt" | "replyTo"
>;

export interface HeldChat {
  readonly chat: Chat;
  /** In their order. */
  readonly messages: HeldMessage[];
}

export interface HeldDocument {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  readonly text: string;
}

/** What a tenant must hold after what has been committed for it so far. */
export interface TenantRows {
  readonly tenant: Tenant;
  readonly chats: Map<string, HeldChat>;
  /** By their source. */
  readonly documents: Map<string, HeldDocument>;
  /** The answers that have an ending in the analytics, in their order; "" for those of deleted chats. */
  readonly endings: string[];
  /** The messages counted against the quota. */
  turns: number;
  /** How many ids were given out. */
  ids: number;
}

export function holdNothing(tenant: Tenant): TenantRows {
  return { tenant, chats: new Map(), documents: new Map(), endings: [], turns: 0, ids: 0 };
}

/** Every second id exists for other tenants too, so that a stray lookup finds a wrong row rather than none. */
export function giveId(rows: TenantRows, prefix: "chat" | "msg"): string {
  rows.ids += 1;
  return rows.ids % 2 === 0 ? `${prefix}_${rows.ids}` : `${prefix}_${rows.tenant.id}_${rows.ids}`;
}

export function pickMessage({ id, chatId, role, content, state, attempt, replyTo }: HeldMessage) {
  return { id, chatId, role, content, state, attempt, replyTo };
}

export function findHeldMessage({ chats }: TenantRows, id: string): HeldMessage | undefined {
  for (const { messages } of chats.values()) {
    const found = messages.find((message) => message.id === id);
    if (found) return found;
  }
  return undefined;
}

export function listUnfinished({ chats }: TenantRows): HeldMessage[] {
  return [...chats.values()].flatMap(({ messages }) => messages.filter(isUnfinished));
}

export function isUnfinished({ state }: HeldMessage): boolean {
  return state === "queued" || state === "streaming";
}

/** Puts the changed message in its place. */
export function changeMessage(rows: TenantRows, changed: HeldMessage): void {
  const messages = rows.chats.get(changed.chatId)?.messages ?? [];
  const place = messages.findIndex(({ id }) => id === changed.id);
  if (place === -1) throw new Error(`The message ${changed.id} is not held`);
  messages[place] = changed;
}
