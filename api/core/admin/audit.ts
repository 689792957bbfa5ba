import type { Page, PageRequest } from "../ports.ts";

/** Who did it. */
export interface Actor {
  readonly kind: "platform" | "key" | "user";
  /** Of the key or the user; null for the platform's admin. */
  readonly id: string | null;
  /** The address that it came from. */
  readonly address: string;
}

/** One administrative action. Holds no secret and no message text. */
export interface AuditEntry {
  readonly at: Date;
  readonly actor: Actor;
  /** Null where it concerns the platform, such as the list of tenants. */
  readonly tenantId: string | null;
  /** A noun and a verb, such as `key.revoke`. */
  readonly action: AuditAction;
  /** The id of what it was done to; of a document, its source; of a token, its user's id. */
  readonly target: string | null;
  /** What was changed, such as the names of settings with their new values. */
  readonly details: Readonly<Record<string, unknown>>;
}

export type AuditAction =
  | "tenant.create"
  | "tenant.update"
  | "key.create"
  | "key.expire"
  | "key.revoke"
  | "user.update"
  | "token.create"
  | "chat.delete"
  | "unanswered.update"
  | "document.add"
  | "document.retry"
  | "document.delete"
  | "user.delete"
  | "tenant.delete"
  | "web-source.add"
  | "web-source.update"
  | "web-source.refresh"
  | "web-source.delete";

export interface StoredAuditEntry extends AuditEntry {
  readonly id: string;
}

/** The entries can be added and read; nobody changes or deletes them. */
export interface AuditLog {
  /** For an action that has no transaction of its own with us; others hand their entry to their store. */
  add(entry: AuditEntry): Promise<void>;
  /** Newest first. @param tenantId undefined: of all tenants and of the platform. */
  list(tenantId: string | undefined, page: PageRequest): Promise<Page<StoredAuditEntry>>;
}
