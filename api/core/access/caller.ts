import { AppError } from "../errors.ts";
import type { Chat } from "../chats.ts";
import type { Tenant } from "../tenant.ts";
import type { ApiKey } from "./api-key.ts";
import type { IssuerProof } from "./tokens.ts";
import type { User } from "./user.ts";

/** Whoever a request is from. All but `clientId` and `address` is proven; labels never stand here. */
export interface Caller {
  readonly tenant: Tenant;
  /** Of a signed visitor token. */
  readonly visitorId: string | undefined;
  /** Of a signed user token; active. */
  readonly user: User | undefined;
  /** The live key that was shown. */
  readonly key: ApiKey | undefined;
  /** The live key by which the user's token was made. */
  readonly tokenKey: ApiKey | undefined;
  /** What of the tenant's own issuer vouched for the user. */
  readonly vouchedBy: IssuerProof | undefined;
  /** What they may administer: every tenant, or this one. */
  readonly admin: "platform" | "tenant" | undefined;
  /** When the first of the shown credentials expires, in milliseconds; undefined: never. */
  readonly expiresAt: number | undefined;
  /** One widget instance or connection; chosen by the client, so no proof of anything. */
  readonly clientId: string | undefined;
  /** The address that the request came from. */
  readonly address: string;
}

/** The tenant's own server, which reaches all of the tenant's chats: one that shows a secret key. */
export function isServer({ key, user, admin }: Caller): boolean {
  if (user) return false;
  return admin !== undefined || key?.role === "server" || key?.role === "admin";
}

/** Who will own what the caller makes: the user, else the visitor. */
export function ownerIdOf({ user, visitorId }: Caller): string | undefined {
  return user?.id ?? visitorId;
}

/**
 * A user's chat needs that user. A chat made by a visitor, or by nobody who is proven, is reached by its
 * unguessable id, unless the tenant asks for the proof. The tenant's servers reach them all. "Not yours" and
 * "doesn't exist" answer alike.
 */
export function canOpenChat(caller: Caller, { ownerId }: Pick<Chat, "ownerId">): boolean {
  if (isServer(caller)) return true;
  if (ownerId !== null && (ownerId === caller.user?.id || ownerId === caller.visitorId))
    return true;
  return caller.tenant.settings.chatAccess === "link" && !isUserId(ownerId);
}

function isUserId(ownerId: string | null): boolean {
  return ownerId?.startsWith("user_") ?? false;
}

/** Whose chats are listed: the person's own, or `all` of the tenant's for its server. @throws AppError VISITOR_TOKEN_REQUIRED */
export function requireOwner(caller: Caller): string {
  const ownerId = ownerIdOf(caller);
  if (ownerId !== undefined) return ownerId;
  if (isServer(caller)) return "all";
  throw new AppError(
    "VISITOR_TOKEN_REQUIRED",
    "Only a user or a visitor with a signed token can do this, or a server with its secret key",
  );
}

/** @throws AppError ADMIN_REQUIRED; FORBIDDEN for a user or a key that is known and has not the right */
export function requireAdmin({ admin, user, key }: Caller): "platform" | "tenant" {
  if (admin) return admin;
  if (user || key) throw new AppError("FORBIDDEN", "Only an admin can do this");
  throw new AppError("ADMIN_REQUIRED", "Only an admin can do this: show an admin's key or token");
}
