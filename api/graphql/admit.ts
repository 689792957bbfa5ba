import { AppError } from "../core/errors.ts";
import {
  countRequest,
  identifyCaller,
  isOriginAllowed,
  openTenant,
  type GateDeps,
} from "../core/gate.ts";
import type { Caller } from "../core/caller.ts";
import { refuse } from "../core/limits.ts";
import type { AdminCheck, Clock } from "../core/ports.ts";
import type { Tenant } from "../core/tenant.ts";
import type { Shown } from "./credentials.ts";

export interface AdmitDeps {
  readonly gate: GateDeps;
  readonly isAdmin: AdminCheck;
  /** DEFAULT_TENANT_ID: of a request that names none. */
  readonly defaultTenantId: string;
  readonly clock: Clock;
}

export interface Admitted {
  readonly caller: Caller;
  readonly isAdmin: boolean;
}

/** @throws AppError TENANT_NOT_FOUND */
export function openShownTenant(
  { gate, defaultTenantId }: AdmitDeps,
  shown: Shown,
): Promise<Tenant> {
  return openTenant(gate.tenants, shown.tenantId ?? defaultTenantId);
}

/**
 * @param ownOrigin the address at which this server was asked; TLS may end before us, so its scheme
 *   is taken from the page's.
 * @throws AppError ORIGIN_NOT_ALLOWED
 */
export function checkOrigin(
  { gate }: AdmitDeps,
  tenant: Tenant,
  origin: string | undefined,
  host: string,
): void {
  const own = `${origin?.split(":", 1)[0]}://${host}`;
  if (isOriginAllowed(gate, tenant, origin, own)) return;
  throw new AppError("ORIGIN_NOT_ALLOWED", "Pages of this origin may not call for this tenant");
}

/**
 * Who calls. What the admin does isn't counted against the tenant, so that a folder of documents
 * doesn't shut its visitors out.
 * @param count counts the request, before a token is looked at, so that guessing counts too.
 * @throws AppError INVALID_TOKEN, and what `count` throws
 */
export async function identify(
  { gate, isAdmin }: AdmitDeps,
  tenant: Tenant,
  { visitorToken, adminToken, bearer, clientId }: Shown,
  count: () => Promise<void>,
): Promise<Admitted> {
  const isAdminCaller = isAdmin(adminToken ?? bearer);
  if (!isAdminCaller) await count();
  const isBearerAdmin = isAdminCaller && adminToken === undefined;
  const token = visitorToken ?? (isBearerAdmin ? undefined : bearer);
  const caller = await identifyCaller(gate, { tenantId: tenant.id, token, clientId });
  return { caller, isAdmin: isAdminCaller };
}

/**
 * Counts one operation, and writes where the tenant stands into the headers of its answer. They speak
 * of the limit without its burst; a refused one carries them too.
 * @throws AppError RATE_LIMIT_EXCEEDED
 */
export async function countOperation(
  { gate, clock }: AdmitDeps,
  tenant: Tenant,
  headers?: Headers,
): Promise<void> {
  const counted = await countRequest(gate, tenant);
  if (!counted) return;
  const { shown, decision } = counted;
  headers?.set("X-RateLimit-Limit", String(shown));
  headers?.set("X-RateLimit-Remaining", String(Math.max(0, shown - decision.used)));
  const reset = Math.ceil((clock.now() + decision.resetMs) / 1000);
  headers?.set("X-RateLimit-Reset", String(reset));
  if (!decision.allowed) throw refuse(decision);
}
