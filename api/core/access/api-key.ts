import type { AuditEntry } from "../admin/audit.ts";
import type { LookUp } from "../limits/strangers.ts";

/**
 * `publishable`: for pages, may chat only, and only from the origins of its tenant, or of its own list.
 * `server`: for a tenant's servers, reaches all chats of the tenant and makes tokens for its users.
 * `admin`: administers its tenant besides.
 */
export type KeyRole = "publishable" | "server" | "admin";

/** What is known of a key; the key itself is shown once and never stored. */
export interface ApiKey {
  readonly id: string;
  readonly tenantId: string;
  readonly role: KeyRole;
  /** For people. */
  readonly name: string;
  /** The first 11 characters, such as `sk_4fT9qPzA`, by which people tell their keys apart. */
  readonly prefix: string;
  /** Of a publishable key: the only origins that may show it; empty: those of its tenant. */
  readonly origins: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** At most a minute behind. */
  readonly lastUsedAt: Date | null;
}

/** A key as it is stored the first time. */
export interface NewApiKey extends ApiKey {
  /** Of the whole key, as Secrets.hash gives it. */
  readonly hash: string;
}

export interface KeyStore {
  /**
   * The key of that hash, live or not; at most a second old.
   * @param lookUp runs what has to be looked up because nothing is known of it yet. @throws AppError what that throws
   */
  findKeyByHash(hash: string, lookUp?: LookUp): Promise<ApiKey | undefined>;
  /** The key of that id; at most a second old. */
  findKey(id: string): Promise<ApiKey | undefined>;
  /** All keys of a tenant that are not revoked, newest first. */
  listKeys(tenantId: string): Promise<readonly ApiKey[]>;
  /** Each change is stored together with its audit entry, or not at all. */
  addKey(key: NewApiKey, audit: AuditEntry): Promise<void>;
  /**
   * Sets the moment from which it no longer counts, never a later one than it has; false when the tenant has no such
   * live key.
   */
  expireKey(tenantId: string, id: string, at: Date, audit: AuditEntry): Promise<boolean>;
  /** Ends it now; false when the tenant has no such key, or it was revoked before. */
  revokeKey(tenantId: string, id: string, at: Date, audit: AuditEntry): Promise<boolean>;
  /** Remembers that it was used; written within a minute, and never waited for. */
  noteUse(id: string, at: Date): void;
}

export function isLiveKey(key: Pick<ApiKey, "expiresAt" | "revokedAt">, now: number): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt.getTime() > now);
}

/** `pk_` or `sk_`, then 43 characters (256 random bits) of base64url. */
const keyPattern = /^(?:pk|sk)_[\w-]{43}$/;

/** Whether a text has the form of an API key; nothing else is looked up. */
export function isApiKey(text: string): boolean {
  return keyPattern.test(text);
}
