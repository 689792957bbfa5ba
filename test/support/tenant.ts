import { parseSettings, type Tenant, type TenantLimits } from "../../api/core/tenant.ts";

/** An active tenant; `settings` as they stand in the database. */
export function makeTenant(id: string, settings: Record<string, unknown> = {}): Tenant {
  return { id, name: `Tenant ${id}`, domain: null, settings: parseSettings(settings, id) };
}

export function withLimits(tenant: Tenant, limits: Partial<TenantLimits>): Tenant {
  const { settings } = tenant;
  return { ...tenant, settings: { ...settings, limits: { ...settings.limits, ...limits } } };
}
