import { administratorOf } from "../admin/administrator.ts";
import type { AuditLog } from "../admin/audit.ts";
import { AppError } from "../errors.ts";
import type { ChatStore } from "../ports.ts";
import type { ApiKey } from "./api-key.ts";
import { isServer, type Caller } from "./caller.ts";
import { invalidToken, type GateDeps } from "./gate.ts";
import type { PageOrigin } from "./origins.ts";
import type { User, UserProfile } from "./user.ts";

export type SignInDeps = Pick<
  GateDeps,
  "users" | "visitorTokens" | "userTokens" | "tickets" | "secrets" | "clock"
> & { readonly chats: Pick<ChatStore, "moveChats">; readonly audit: Pick<AuditLog, "add"> };

/** How long a user's token may be good, in seconds. */
export const tokenSeconds = { least: 60, most: 86_400, usual: 3600 } as const;
/** How long tokens may be refreshed after the person was vouched for: none of them is good beyond it. */
export const refreshableMs = 12 * 60 * 60 * 1000;
/** A ticket is for a connection that is opened right away. */
export const ticketSeconds = 30;

export interface NewToken {
  readonly token: string;
  /** Whole seconds from now, to the nearest: tokens end with a second. */
  readonly expiresIn: number;
  readonly user: User;
}

export interface UserToVouchFor extends UserProfile {
  /** The host site's own id. */
  readonly externalId: string;
}

/**
 * Makes a token for a user whom the tenant's server vouches for; never good for longer than the server's key. An admin
 * who does so can act as that user, so the audit entry stands before.
 * @param seconds see tokenSeconds; left out, the usual.
 * @throws AppError TOKEN_REQUIRED, USER_NOT_FOUND for a blocked user
 */
export async function exchangeToken(
  deps: SignInDeps,
  caller: Caller,
  { externalId, name, email }: UserToVouchFor,
  seconds: number = tokenSeconds.usual,
): Promise<NewToken> {
  if (!isServer(caller)) {
    throw new AppError(
      "TOKEN_REQUIRED",
      "Only a server with a secret key makes tokens: show an sk_ key, and no user's token",
    );
  }
  const { tenant, key } = caller;
  const user = await deps.users.ensureUser(tenant.id, externalId, { name, email });
  if (user.status !== "active") throw new AppError("USER_NOT_FOUND", "This user is blocked");
  const now = deps.clock.now();
  const ttlMs = Math.min(seconds * 1000, endOf(key) - now);
  if (caller.admin && ttlMs > 0) {
    await deps.audit.add({
      at: new Date(now),
      actor: administratorOf(caller).actor,
      tenantId: tenant.id,
      action: "token.create",
      target: user.id,
      details: { expires_in: Math.round(ttlMs / 1000) },
    });
  }
  return issue(deps, user, { keyId: key?.id ?? null, authenticatedAt: now, ttlMs });
}

/**
 * A fresh token in place of one of ours that is still good.
 * @param token that the caller showed.
 * @throws AppError TOKEN_REQUIRED; INVALID_TOKEN for one of another issuer, or of a person who was vouched for too
 *   long ago
 */
export async function refreshToken(
  deps: SignInDeps,
  { tenant, user, tokenKey }: Caller,
  token: string | undefined,
): Promise<NewToken> {
  if (!user || token === undefined) {
    throw new AppError("TOKEN_REQUIRED", "Show the user's token that is to be refreshed");
  }
  const claims = await deps.userTokens.verify(tenant, token);
  if (claims.issuer !== "platform" || claims.userId !== user.id) throw invalidToken();
  const { keyId, authenticatedAt } = claims;
  const now = deps.clock.now();
  const endsAt = authenticatedAt + refreshableMs;
  if (endsAt <= now) throw invalidToken();
  const keyEndsAt = endOf(tokenKey);
  const ttlMs = Math.min(tokenSeconds.usual * 1000, endsAt - now, keyEndsAt - now);
  return issue(deps, user, { keyId, authenticatedAt, ttlMs });
}

function endOf(key: ApiKey | undefined): number {
  return key?.expiresAt?.getTime() ?? Infinity;
}

async function issue(
  { userTokens, clock }: SignInDeps,
  user: User,
  draft: { keyId: string | null; authenticatedAt: number; ttlMs: number },
): Promise<NewToken> {
  // The key has come to its end since it was looked at.
  if (draft.ttlMs <= 0) throw invalidToken();
  const { token, expiresAt } = await userTokens.issue({ user, ...draft });
  return { token, expiresIn: Math.max(0, Math.round((expiresAt - clock.now()) / 1000)), user };
}

export interface CallerDescription {
  readonly tenantId: string;
  /** `key`: a secret one, or a publishable one without a visitor. `admin`: the platform's. */
  readonly kind: "anonymous" | "visitor" | "user" | "key" | "admin";
  readonly visitorId: string | null;
  readonly user: User | null;
  readonly key: Pick<ApiKey, "id" | "name" | "prefix" | "role"> | null;
  readonly admin: "platform" | "tenant" | null;
  readonly expiresAt: Date | null;
}

/** What the platform takes the caller for. */
export function describeCaller(caller: Caller): CallerDescription {
  const { tenant, visitorId, user, key, admin, expiresAt } = caller;
  return {
    tenantId: tenant.id,
    kind: kindOf(caller),
    visitorId: visitorId ?? null,
    user: user ?? null,
    key: key ?? null,
    admin: admin ?? null,
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
  };
}

function kindOf({ user, admin, key, visitorId }: Caller): CallerDescription["kind"] {
  if (user) return "user";
  if (admin === "platform") return "admin";
  if (key && key.role !== "publishable") return "key";
  if (visitorId !== undefined) return "visitor";
  return key ? "key" : "anonymous";
}

export interface NewTicket {
  readonly ticket: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/**
 * A one-time ticket that opens a WebSocket as this caller, from the page that asked for it.
 * @throws AppError INVALID_REQUEST for the platform's admin, for whom no ticket stands
 */
export async function giveTicket(
  { tickets, secrets, clock }: SignInDeps,
  { tenant, visitorId, user, key, tokenKey, vouchedBy, admin, expiresAt }: Caller,
  { origin }: PageOrigin,
): Promise<NewTicket> {
  if (admin === "platform")
    throw new AppError("INVALID_REQUEST", "The admin token can't be turned into a ticket");
  const ticket = secrets.make("tkt_");
  const holder = {
    visitorId: visitorId ?? null,
    userId: user?.id ?? null,
    keyId: key?.id ?? null,
    tokenKeyId: tokenKey?.id ?? null,
    vouchedBy: vouchedBy ?? null,
    origin: origin ?? null,
    credentialsExpireAt: expiresAt ?? null,
  };
  const until = new Date(clock.now() + ticketSeconds * 1000);
  await tickets.addTicket(tenant.id, secrets.hash(ticket), holder, until);
  return { ticket, expiresIn: ticketSeconds };
}

/**
 * Makes the chats of a visitor, whose token proves it, those of the user who signed in.
 * @returns how many.
 * @throws AppError TOKEN_REQUIRED, INVALID_TOKEN
 */
export async function claimChats(
  { visitorTokens, chats }: SignInDeps,
  { tenant, user }: Caller,
  visitorToken: string,
): Promise<number> {
  if (!user) throw new AppError("TOKEN_REQUIRED", "Only a user with a token can claim chats");
  const { visitorId } = await visitorTokens.verify(tenant.id, visitorToken);
  return chats.moveChats(tenant, visitorId, user.id);
}
