import { AppError } from "../errors.ts";
import type { RequestLimits } from "../limits/limits.ts";
import type { ConnectionCounter, Limiter } from "../limits/limiter.ts";
import type { Strangers } from "../limits/strangers.ts";
import type { Clock, TenantStore } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import { isApiKey, isLiveKey, type ApiKey, type KeyStore } from "./api-key.ts";
import type { Caller } from "./caller.ts";
import { kindOfToken, type Credentials } from "./credentials.ts";
import { openTenant } from "./open-tenant.ts";
import { checkKeyOrigin, checkOrigin, type OwnOrigin, type PageOrigin } from "./origins.ts";
import type {
  AdminCheck,
  IssuerProof,
  Secrets,
  TicketStore,
  UserTokens,
  VisitorTokens,
} from "./tokens.ts";
import type { User, UserStore } from "./user.ts";

/** What every door asks before it lets a request in. */
export interface GateDeps {
  readonly tenants: TenantStore;
  readonly keys: KeyStore;
  readonly users: UserStore;
  readonly visitorTokens: VisitorTokens;
  readonly userTokens: UserTokens;
  readonly tickets: TicketStore;
  readonly secrets: Secrets;
  /** Knows ADMIN_TOKEN. */
  readonly isAdmin: AdminCheck;
  readonly limiter: Limiter;
  /** Those who prove nothing. */
  readonly strangers: Strangers;
  readonly connections: ConnectionCounter;
  readonly limits: RequestLimits;
  /** CORS_ORIGINS: allowed for every tenant. */
  readonly origins: readonly string[];
  /** Knows PUBLIC_URL. */
  readonly ownOrigin: OwnOrigin;
  readonly clock: Clock;
}

/**
 * Who calls. Every credential that is shown must be right, and of this tenant; the refusal says nothing of the
 * reason. Whether the tenant lets such a caller in is another question: `requireCredentials`.
 * @throws AppError INVALID_TOKEN, ORIGIN_NOT_ALLOWED, SERVICE_UNAVAILABLE, RATE_LIMIT_EXCEEDED
 */
export async function identifyCaller(
  deps: GateDeps,
  tenant: Tenant,
  shown: Credentials,
): Promise<Caller> {
  checkOrigin(deps.origins, tenant, shown.page);
  const proofs = await collectProofs(deps, tenant, shown);
  return toCaller(tenant, proofs, shown);
}

/**
 * The caller of an open connection as they are now: the tenant, key and user may have changed since, and what was
 * shown may have expired.
 * @throws AppError TENANT_NOT_FOUND, INVALID_TOKEN, TOKEN_EXPIRED, TOKEN_REQUIRED, ORIGIN_NOT_ALLOWED
 */
export async function renewCaller(
  deps: GateDeps,
  caller: Caller,
  page: PageOrigin,
): Promise<Caller> {
  const renewed = await lookAtCaller(deps, caller, page);
  requireCredentials(renewed);
  return renewed;
}

/** The same, of one who may still have to show what the tenant asks for. @throws AppError as renewCaller, but TOKEN_REQUIRED */
export async function lookAtCaller(
  deps: GateDeps,
  caller: Caller,
  page: PageOrigin,
): Promise<Caller> {
  const { visitorId, vouchedBy, expiresAt, clientId, address } = caller;
  const tenant = await openTenant(deps.tenants, caller.tenant.id);
  checkOrigin(deps.origins, tenant, page);
  if (expiresAt !== undefined && expiresAt <= deps.clock.now()) throw tokenExpired();
  const reopen = async (known: ApiKey | undefined) =>
    known && openKey(deps, tenant, await deps.keys.findKey(known.id));
  const key = await reopen(caller.key);
  if (key) checkKeyOrigin(key, page);
  const tokenKey = await reopen(caller.tokenKey);
  const user = caller.user && (await openUser(deps, tenant, caller.user.id));
  if (vouchedBy) await checkIssuer(deps, tenant, vouchedBy);
  const isPlatformAdmin = caller.admin === "platform";
  const proofs = { visitorId, user, key, tokenKey, vouchedBy, isPlatformAdmin, expiresAt };
  return toCaller(tenant, proofs, { clientId, address });
}

/** A tenant may ask for more than a name. @throws AppError TOKEN_REQUIRED */
export function requireCredentials({ tenant, user, key, admin }: Caller): void {
  const { required } = tenant.settings.auth;
  if (required === "none" || user || admin) return;
  if (key && (required === "key" || key.role !== "publishable")) return;
  throw new AppError(
    "TOKEN_REQUIRED",
    required === "key"
      ? "This tenant asks for an API key or a user's token"
      : "This tenant asks for a user's token",
  );
}

export function invalidToken(cause?: unknown): AppError {
  return new AppError("INVALID_TOKEN", "The token is not valid", { cause });
}

export function tokenExpired(): AppError {
  return new AppError("TOKEN_EXPIRED", "The token has expired: come back with a fresh one");
}

interface Proofs {
  visitorId: string | undefined;
  user: User | undefined;
  key: ApiKey | undefined;
  tokenKey: ApiKey | undefined;
  vouchedBy: IssuerProof | undefined;
  isPlatformAdmin: boolean;
  expiresAt: number | undefined;
}

/** Where a proof comes from. */
type Source = Pick<Credentials, "page" | "address">;

async function collectProofs(deps: GateDeps, tenant: Tenant, shown: Credentials): Promise<Proofs> {
  const { token, apiKey, visitorToken, adminToken, ticket } = shown;
  const proofs: Proofs = {
    visitorId: undefined,
    user: undefined,
    key: undefined,
    tokenKey: undefined,
    vouchedBy: undefined,
    isPlatformAdmin: false,
    expiresAt: undefined,
  };
  if (adminToken !== undefined) proveAdmin(deps, proofs, adminToken);
  if (apiKey !== undefined) await proveKey(deps, tenant, proofs, apiKey, shown);
  if (visitorToken !== undefined) await proveVisitor(deps, tenant, proofs, visitorToken);
  if (ticket !== undefined) await proveTicket(deps, tenant, proofs, ticket, shown);
  if (token !== undefined) await proveToken(deps, tenant, proofs, token, shown);
  return proofs;
}

/** A token from where any kind may stand; what has none of the forms can only be the admin's. */
async function proveToken(
  deps: GateDeps,
  tenant: Tenant,
  proofs: Proofs,
  token: string,
  shown: Source,
): Promise<void> {
  switch (kindOfToken(token)) {
    case "key":
      return proveKey(deps, tenant, proofs, token, shown);
    case "visitor":
      return proveVisitor(deps, tenant, proofs, token);
    case "user":
      return deps.isAdmin(token)
        ? proveAdmin(deps, proofs, token)
        : proveUser(deps, tenant, proofs, token);
    case "other":
      return proveAdmin(deps, proofs, token);
  }
}

function proveAdmin({ isAdmin }: GateDeps, proofs: Proofs, token: string): void {
  if (!isAdmin(token)) throw invalidToken();
  proofs.isPlatformAdmin = true;
}

async function proveKey(
  deps: GateDeps,
  tenant: Tenant,
  proofs: Proofs,
  text: string,
  { page, address }: Source,
): Promise<void> {
  const find = (hash: string) => deps.keys.findKeyByHash(hash, deps.strangers.lookUp(address));
  const found = isApiKey(text) ? await find(deps.secrets.hash(text)) : undefined;
  const key = await openKey(deps, tenant, found);
  if (proofs.key && proofs.key.id !== key.id) throw invalidToken();
  checkKeyOrigin(key, page);
  deps.keys.noteUse(key.id, new Date(deps.clock.now()));
  proofs.key = key;
  expireBy(proofs, key.expiresAt?.getTime());
}

async function proveVisitor(
  { visitorTokens }: GateDeps,
  tenant: Tenant,
  proofs: Proofs,
  token: string,
): Promise<void> {
  const { visitorId, expiresAt } = await visitorTokens.verify(tenant.id, token);
  proofs.visitorId = visitorId;
  expireBy(proofs, expiresAt);
}

async function proveUser(
  deps: GateDeps,
  tenant: Tenant,
  proofs: Proofs,
  token: string,
): Promise<void> {
  const claims = await deps.userTokens.verify(tenant, token);
  if (claims.issuer === "platform") {
    proofs.user = await openUser(deps, tenant, claims.userId);
    if (claims.keyId !== null)
      proofs.tokenKey = await openKey(deps, tenant, await deps.keys.findKey(claims.keyId));
  } else {
    const { externalId, profile, issuedAt, proof } = claims;
    const user = await deps.users.ensureUser(tenant.id, externalId, profile, issuedAt);
    if (user.status !== "active") throw invalidToken();
    proofs.user = user;
    proofs.vouchedBy = proof;
  }
  expireBy(proofs, claims.expiresAt);
}

/** A ticket stands for what was shown when it was given out, and for the page that asked for it. */
async function proveTicket(
  deps: GateDeps,
  tenant: Tenant,
  proofs: Proofs,
  ticket: string,
  { page, address }: Source,
): Promise<void> {
  const now = new Date(deps.clock.now());
  const hash = deps.secrets.hash(ticket);
  const lookUp = deps.strangers.lookUp(address);
  const holder = await lookUp(() => deps.tickets.takeTicket(tenant.id, hash, now));
  if (!holder || holder.origin !== (page.origin ?? null)) throw invalidToken();
  const { visitorId, userId, keyId, tokenKeyId, vouchedBy, credentialsExpireAt } = holder;
  proofs.visitorId = visitorId ?? undefined;
  if (keyId !== null) proofs.key = await openKey(deps, tenant, await deps.keys.findKey(keyId));
  if (tokenKeyId !== null)
    proofs.tokenKey = await openKey(deps, tenant, await deps.keys.findKey(tokenKeyId));
  if (userId !== null) proofs.user = await openUser(deps, tenant, userId);
  proofs.vouchedBy = vouchedBy ?? undefined;
  if (proofs.vouchedBy) await checkIssuer(deps, tenant, proofs.vouchedBy);
  expireBy(proofs, credentialsExpireAt ?? undefined);
}

async function openKey(
  { clock }: GateDeps,
  tenant: Tenant,
  key: ApiKey | undefined,
): Promise<ApiKey> {
  if (!key || key.tenantId !== tenant.id || !isLiveKey(key, clock.now())) throw invalidToken();
  return key;
}

async function openUser({ users }: GateDeps, tenant: Tenant, id: string): Promise<User> {
  const user = await users.findUser(tenant.id, id);
  if (!user || user.status !== "active") throw invalidToken();
  return user;
}

/** Who was vouched for by what the tenant no longer registers is nobody's any more. */
async function checkIssuer(
  { userTokens }: GateDeps,
  tenant: Tenant,
  vouchedBy: IssuerProof,
): Promise<void> {
  if (!(await userTokens.isStillGood(tenant, vouchedBy))) throw invalidToken();
}

function expireBy(proofs: Proofs, moment: number | undefined): void {
  if (moment !== undefined) proofs.expiresAt = Math.min(moment, proofs.expiresAt ?? moment);
}

function toCaller(
  tenant: Tenant,
  proofs: Proofs,
  { clientId, address }: Pick<Credentials, "clientId" | "address">,
): Caller {
  const { visitorId, user, key, tokenKey, vouchedBy, isPlatformAdmin } = proofs;
  // A key that is rotated is given an end while connections stand on it, and on the tokens that it made.
  for (const one of [key, tokenKey]) expireBy(proofs, one?.expiresAt?.getTime());
  const { expiresAt } = proofs;
  // A server vouches for any user, so a token that it made administers nothing: else its key would be an admin's.
  const isTenantAdmin = user
    ? user.role === "admin" && tokenKey?.role !== "server"
    : key?.role === "admin";
  const admin = isPlatformAdmin ? "platform" : isTenantAdmin ? "tenant" : undefined;
  return { tenant, visitorId, user, key, tokenKey, vouchedBy, admin, expiresAt, clientId, address };
}
