import {
  identifyCaller,
  countRequest,
  isOriginAllowed,
  openTenant,
  type GateDeps,
} from "../core/gate.ts";
import { AppError } from "../core/errors.ts";
import { refuse } from "../core/limits.ts";
import type { AdminCheck, Clock } from "../core/ports.ts";
import type { Tenant } from "../core/tenant.ts";
import type { HttpContext, HttpStep } from "./env.ts";

const maxClientIdLength = 128;

/**
 * Finds the tenant of a request and holds the request's origin against it. From here on the request
 * is logged under that tenant, and its answer may be read by that origin.
 * @throws AppError TENANT_NOT_FOUND, ORIGIN_NOT_ALLOWED
 */
export async function admitTenant(
  c: HttpContext,
  gate: GateDeps,
  tenantId: string,
): Promise<Tenant> {
  const tenant = await openTenant(gate.tenants, tenantId);
  c.set("tenant", tenant);
  const origin = c.req.header("origin");
  const isAllowed = isOriginAllowed(gate, tenant, origin, ownOrigin(c.req.url, origin));
  c.set("corsOrigin", isAllowed ? origin : undefined);
  if (isAllowed) return tenant;
  throw new AppError("ORIGIN_NOT_ALLOWED", "Pages of this origin may not call for this tenant");
}

/** TLS may end before us, so the scheme of our own origin is taken from the page's. */
export function ownOrigin(url: string, pageOrigin: string | undefined): string {
  const own = new URL(url);
  const scheme = pageOrigin?.startsWith("https:") ? "https:" : own.protocol;
  return `${scheme}//${own.host}`;
}

/**
 * Counts one request against its tenant and tells the caller where it stands. The headers speak of
 * the limit without its burst; a refused request carries them too.
 * @throws AppError RATE_LIMIT_EXCEEDED
 */
export async function countAgainst(
  c: HttpContext,
  gate: GateDeps,
  clock: Clock,
  tenant: Tenant,
): Promise<void> {
  const counted = await countRequest(gate, tenant);
  if (!counted) return;
  const { shown, decision } = counted;
  c.header("X-RateLimit-Limit", String(shown));
  c.header("X-RateLimit-Remaining", String(Math.max(0, shown - decision.used)));
  c.header("X-RateLimit-Reset", String(Math.ceil((clock.now() + decision.resetMs) / 1000)));
  if (!decision.allowed) throw refuse(decision);
}

/**
 * The step before every handler of the admitted tenant: counts the request, then proves its caller.
 * In this order, so that guessing tokens counts too.
 */
export function createCallerStep(gate: GateDeps, clock: Clock): HttpStep {
  return async (c, next) => {
    const { tenant } = c.var;
    if (!tenant) throw new AppError("TENANT_REQUIRED", "Name a tenant: X-Tenant-ID");
    await countAgainst(c, gate, clock, tenant);
    const [token, clientId] = [readToken(c), readClientId(c)];
    c.set("caller", await identifyCaller(gate, { tenantId: tenant.id, token, clientId }));
    await next();
  };
}

/**
 * The step before every administrative handler of the admitted tenant. What an admin does is not
 * counted against the tenant, so that a folder of documents doesn't shut its visitors out; a wrong
 * token is, so that it can't be guessed fast.
 * @throws AppError ADMIN_REQUIRED, RATE_LIMIT_EXCEEDED
 */
export function createAdminStep(gate: GateDeps, clock: Clock, isAdmin: AdminCheck): HttpStep {
  return async (c, next) => {
    const { tenant } = c.var;
    if (!tenant) throw new AppError("TENANT_REQUIRED", "Name a tenant: X-Tenant-ID");
    const token = c.req.header("x-admin-token")?.trim() || readBearer(c);
    if (!isAdmin(token)) {
      await countAgainst(c, gate, clock, tenant);
      throw new AppError("ADMIN_REQUIRED", "This needs the server's admin token in X-Admin-Token");
    }
    c.set("caller", { tenant, visitorId: undefined, clientId: undefined });
    await next();
  };
}

/** X-Visitor-Token, else a bearer token. @throws AppError INVALID_TOKEN */
function readToken(c: HttpContext): string | undefined {
  const token = c.req.header("x-visitor-token")?.trim() || readBearer(c);
  if (token === "")
    throw new AppError("INVALID_TOKEN", "The Authorization header carries no token");
  return token;
}

/** Empty where it is missing; other schemes of Authorization belong to someone before us. */
function readBearer(c: HttpContext): string | undefined {
  const [scheme, token = ""] = c.req.header("authorization")?.trim().split(/\s+/) ?? [];
  return scheme?.toLowerCase() === "bearer" ? token : undefined;
}

function readClientId(c: HttpContext): string | undefined {
  const clientId = c.req.header("x-client-id")?.trim() || undefined;
  if (clientId && clientId.length > maxClientIdLength) {
    throw new AppError(
      "INVALID_REQUEST",
      `X-Client-ID is longer than ${maxClientIdLength} characters`,
    );
  }
  return clientId;
}
