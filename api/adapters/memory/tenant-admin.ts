import type { TenantAdminStore, TenantRecord } from "../../core/admin/tenant-admin-store.ts";
import { AppError } from "../../core/errors.ts";
import { parseSettings } from "../../core/tenant.ts";
import type { MemoryAudit } from "./audit.ts";
import { compareKeys, takePage } from "./pages.ts";
import type { MemoryTenants } from "./tenants.ts";

export interface MemoryTenantAdmin extends TenantAdminStore {
  has(id: string): boolean;
  /** Makes it as good as unknown, until it is removed. */
  shut(id: string): void;
  remove(id: string): void;
}

/** @param tenants what the doors find them in. @param now the time at which they are made and changed. */
export function createMemoryTenantAdmin(
  tenants: Pick<MemoryTenants, "set" | "suspend" | "remove">,
  audit: Pick<MemoryAudit, "record">,
  now: () => Date = () => new Date(),
): MemoryTenantAdmin {
  const records = new Map<string, TenantRecord>();
  function store(record: TenantRecord): TenantRecord {
    const { id, name, domain, status, settings } = record;
    records.set(id, structuredClone(record));
    tenants.set({ id, name, domain, settings: parseSettings(settings, id) });
    if (status !== "active") tenants.suspend(id);
    return record;
  }
  const find = (id: string) => {
    const record = records.get(id);
    return record && structuredClone(record);
  };

  return {
    has: (id) => records.has(id),
    shut(id) {
      const record = records.get(id);
      if (record) store({ ...record, status: "erasing" });
    },
    remove(id) {
      records.delete(id);
      tenants.remove(id);
    },
    async createTenant(tenant, entry) {
      if (records.has(tenant.id))
        throw new AppError("TENANT_EXISTS", "There is a tenant of that id already");
      audit.record(entry);
      return store({ ...tenant, createdAt: now(), updatedAt: now() });
    },
    findForAdmin: async (id) => find(id),
    async listTenants(page) {
      const orderOf = ({ id }: TenantRecord) => [id];
      const sorted = [...records.values()].toSorted((a, b) => compareKeys(orderOf(a), orderOf(b)));
      return takePage(structuredClone(sorted), orderOf, page, [""]);
    },
    async updateTenant(id, change) {
      const before = find(id);
      if (before?.status === "erasing") return undefined;
      const update = before && change(before);
      if (!before || !update) return before;
      audit.record(update.audit);
      const { name = before.name, domain = before.domain } = update.changes;
      const { status = before.status, settings = before.settings } = update.changes;
      return store({ ...before, name, domain, status, settings, updatedAt: now() });
    },
  };
}
