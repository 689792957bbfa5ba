import { AppError } from "./errors.ts";
import type { Chat } from "./chats.ts";
import type { Tenant } from "./tenant.ts";

/** Whoever a request is from. `visitorId` is proven by a signed token; labels never stand here. */
export interface Caller {
  readonly tenant: Tenant;
  readonly visitorId: string | undefined;
  /** One widget instance or connection; chosen by the client, so no proof of anything. */
  readonly clientId: string | undefined;
}

/**
 * A chat made without a proven visitor is reached by its unguessable id; one made by a proven
 * visitor too, unless the tenant asks for the proof. "Not yours" and "doesn't exist" answer alike.
 */
export function canOpenChat(caller: Caller, chat: Pick<Chat, "ownerId">): boolean {
  if (caller.tenant.settings.chatAccess === "link") return true;
  return chat.ownerId !== null && chat.ownerId === caller.visitorId;
}

/** @throws AppError VISITOR_TOKEN_REQUIRED */
export function requireVisitor(caller: Caller): string {
  if (caller.visitorId) return caller.visitorId;
  throw new AppError(
    "VISITOR_TOKEN_REQUIRED",
    "Only a visitor with a signed visitor token can do this",
  );
}
