import type { Caller } from "./caller.ts";
import { AppError } from "./errors.ts";
import { requestLimit, type RequestLimits } from "./limits.ts";
import type { LimitDecision, Limiter, TenantStore, VisitorTokens } from "./ports.ts";
import { isTenantId, type Tenant } from "./tenant.ts";

/** What every door asks before it lets a request in. */
export interface GateDeps {
  readonly tenants: TenantStore;
  readonly visitorTokens: VisitorTokens;
  readonly limiter: Limiter;
  readonly limits: RequestLimits;
  /** CORS_ORIGINS: allowed for every tenant. */
  readonly origins: readonly string[];
}

export interface Credentials {
  readonly tenantId: string | undefined;
  readonly token?: string | undefined;
  readonly clientId?: string | undefined;
}

/**
 * The active tenant of that id. Unknown, suspended and malformed ones are refused alike.
 * @throws AppError TENANT_REQUIRED, TENANT_NOT_FOUND
 */
export async function openTenant(tenants: TenantStore, id: string | undefined): Promise<Tenant> {
  if (!id)
    throw new AppError(
      "TENANT_REQUIRED",
      "Name a tenant: tenant_id over WebSocket, X-Tenant-ID over HTTP",
    );
  const tenant = isTenantId(id) ? await tenants.findTenant(id) : undefined;
  if (!tenant) throw new AppError("TENANT_NOT_FOUND", "Tenant not found");
  return tenant;
}

/** @throws AppError as openTenant, and INVALID_TOKEN: a token that is given must be right. */
export async function identifyCaller(
  deps: GateDeps,
  { tenantId, token, clientId }: Credentials,
): Promise<Caller> {
  const tenant = await openTenant(deps.tenants, tenantId);
  const visitorId = token ? await deps.visitorTokens.verify(tenant.id, token) : undefined;
  return { tenant, visitorId, clientId };
}

/**
 * A page may call from an origin of CORS_ORIGINS or of its tenant; what is no page sends no Origin.
 * @param ownOrigin the address at which this server was asked.
 */
export function isOriginAllowed(
  deps: Pick<GateDeps, "origins">,
  tenant: Tenant,
  origin: string | undefined,
  ownOrigin: string,
): boolean {
  if (origin === undefined || origin === ownOrigin) return true;
  return deps.origins.includes(origin) || tenant.settings.allowedOrigins.includes(origin);
}

export interface RequestCount {
  readonly decision: LimitDecision;
  /** The tenant's requests a minute, without the burst. */
  readonly shown: number;
}

/** Counts one request or frame against the tenant; undefined where limiting is switched off. */
export async function countRequest(
  deps: GateDeps,
  tenant: Tenant,
): Promise<RequestCount | undefined> {
  if (!deps.limits.enabled) return undefined;
  const { shown, window } = requestLimit(deps.limits, tenant);
  return { shown, decision: await deps.limiter.take(`requests:${tenant.id}`, window) };
}
