import type { TenantStore } from "../../core/ports.ts";
import { isTenantId, type Tenant } from "../../core/tenant.ts";

export interface MemoryTenants extends TenantStore {
  /** Adds a tenant, or changes one, as active. */
  set(tenant: Tenant): void;
  /** Makes a tenant as good as unknown, until it is set again. */
  suspend(id: string): void;
}

export function createMemoryTenants(initial: readonly Tenant[]): MemoryTenants {
  const active = new Map(initial.map((tenant) => [tenant.id, tenant]));
  return {
    set: (tenant) => void active.set(tenant.id, tenant),
    suspend: (id) => void active.delete(id),
    findTenant: async (id) => (isTenantId(id) ? active.get(id) : undefined),
    listTenants: async () => [...active.values()],
    allowedOrigins: async () =>
      new Set([...active.values()].flatMap((tenant) => tenant.settings.allowedOrigins)),
  };
}
