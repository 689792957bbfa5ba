import { createMemoryAudit } from "../../../api/adapters/memory/audit.ts";
import { createMemoryKeys } from "../../../api/adapters/memory/keys.ts";
import { createMemoryTenantAdmin } from "../../../api/adapters/memory/tenant-admin.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import { createMemoryUsers } from "../../../api/adapters/memory/users.ts";
import { createSecrets } from "../../../api/adapters/system/secrets.ts";
import { createTenant } from "../../../api/core/admin/tenant-admin.ts";
import type { Administrator } from "../../../api/core/admin/administrator.ts";
import { createManualClock } from "../../support/clock.ts";

const address = "203.0.113.7";

export const platform: Administrator = {
  tenantId: undefined,
  actor: { kind: "platform", id: null, address },
};

export const keyAdmin = (tenantId: string, id = "key_1"): Administrator => ({
  tenantId,
  actor: { kind: "key", id, address },
});

export const userAdmin = (tenantId: string, id: string): Administrator => ({
  tenantId,
  actor: { kind: "user", id, address },
});

/** What administration works with, on memory, with the tenants `acme` and `other`. */
export async function openScene() {
  const clock = createManualClock();
  const now = () => new Date(clock.now());
  const audit = createMemoryAudit();
  const tenants = createMemoryTenants([]);
  const deps = {
    clock,
    audit,
    tenants: createMemoryTenantAdmin(tenants, audit, now),
    keys: createMemoryKeys(audit),
    users: createMemoryUsers(audit, now),
    secrets: createSecrets(),
  };
  for (const id of ["acme", "other"]) await createTenant(deps, platform, { id });
  const seen = (await audit.list(undefined, { limit: 100 })).items.length;

  /** What was entered since the scene was set, oldest first. */
  async function entries() {
    const { items } = await audit.list(undefined, { limit: 100 });
    return items.slice(0, items.length - seen).toReversed();
  }

  return { deps, clock, now, tenants, entries };
}
