import { AppError } from "../errors.ts";
import type { LookUp } from "../limits/strangers.ts";
import type { TenantStore } from "../ports.ts";
import { isTenantId, type Tenant } from "../tenant.ts";
import type { GateDeps } from "./gate.ts";

/**
 * The active tenant of that id. Unknown, suspended and malformed ones are refused alike.
 * @throws AppError TENANT_REQUIRED, TENANT_NOT_FOUND
 */
export async function openTenant(
  tenants: TenantStore,
  id: string | undefined,
  lookUp?: LookUp,
): Promise<Tenant> {
  if (!id)
    throw new AppError(
      "TENANT_REQUIRED",
      "Name a tenant: tenant_id over WebSocket, X-Tenant-ID over HTTP",
    );
  const tenant = isTenantId(id) ? await tenants.findTenant(id, lookUp) : undefined;
  if (!tenant) throw tenantNotFound();
  return tenant;
}

/**
 * The same, as a request names it: a name that nobody has is counted by the address.
 * @throws AppError as openTenant, and RATE_LIMIT_EXCEEDED
 */
export async function openNamedTenant(
  { tenants, strangers }: Pick<GateDeps, "tenants" | "strangers">,
  id: string | undefined,
  address: string,
): Promise<Tenant> {
  try {
    return await openTenant(tenants, id, strangers.lookUp(address));
  } catch (error) {
    const isUnknown = error instanceof AppError && error.code === "TENANT_NOT_FOUND";
    if (isUnknown) await strangers.countRefusal(address);
    throw error;
  }
}

export function tenantNotFound(): AppError {
  return new AppError("TENANT_NOT_FOUND", "Tenant not found");
}
