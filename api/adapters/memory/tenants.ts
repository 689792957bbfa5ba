import type { FoundTenant, TenantStore } from "../../core/ports.ts";
import { isTenantId, type Tenant } from "../../core/tenant.ts";

export interface MemoryTenants extends TenantStore {
  /** Adds a tenant, or changes one, as active. */
  set(tenant: Tenant): void;
  /** Makes a tenant as good as unknown, until it is set again. */
  suspend(id: string): void;
  /** Makes it one of which nothing is known any more. */
  remove(id: string): void;
}

export function createMemoryTenants(initial: readonly Tenant[]): MemoryTenants {
  const found = new Map<string, FoundTenant>();
  const set = (tenant: Tenant) => void found.set(tenant.id, { tenant, isActive: true });
  initial.forEach(set);
  const active = () => [...found.values()].flatMap((one) => (one.isActive ? one.tenant : []));
  return {
    set,
    suspend(id) {
      const known = found.get(id);
      if (known) found.set(id, { ...known, isActive: false });
    },
    remove: (id) => void found.delete(id),
    async findTenant(id) {
      const known = isTenantId(id) ? found.get(id) : undefined;
      return known?.isActive ? known.tenant : undefined;
    },
    findTenantInAnyState: async (id) => found.get(id),
    allowedOrigins: async () =>
      new Set(active().flatMap((tenant) => tenant.settings.allowedOrigins)),
  };
}
