import { openAdministeredTenant } from "../core/access/admit-platform.ts";
import type { Credentials } from "../core/access/credentials.ts";
import type { GateDeps } from "../core/access/gate.ts";
import { openNamedTenant } from "../core/access/open-tenant.ts";
import type { Clock } from "../core/ports.ts";
import type { RequestCount } from "../core/limits/requests.ts";
import type { Tenant } from "../core/tenant.ts";

export interface AdmitDeps {
  readonly gate: GateDeps;
  /** DEFAULT_TENANT_ID: of a request that names none. */
  readonly defaultTenantId: string;
}

/** The tenant that is meant, where it is served. @throws AppError TENANT_NOT_FOUND, RATE_LIMIT_EXCEEDED */
export function openShownTenant(
  { gate, defaultTenantId }: AdmitDeps,
  shown: Credentials,
): Promise<Tenant> {
  return openNamedTenant(gate, shown.tenantId ?? defaultTenantId, shown.address);
}

/** The same, where the platform's admin may administer one that is not served. @throws AppError TENANT_NOT_FOUND, RATE_LIMIT_EXCEEDED */
export function openAdministered(
  { gate, defaultTenantId }: AdmitDeps,
  shown: Credentials,
): Promise<Tenant> {
  return openAdministeredTenant(gate, shown.tenantId ?? defaultTenantId, shown);
}

/** Writes into headers where the caller stands; they speak of the limit without its burst. */
export function tellCount(
  headers: Headers,
  clock: Clock,
  { limit, remaining, resetMs }: RequestCount,
): void {
  headers.set("X-RateLimit-Limit", String(limit));
  headers.set("X-RateLimit-Remaining", String(remaining));
  headers.set("X-RateLimit-Reset", String(Math.ceil((clock.now() + resetMs) / 1000)));
}
