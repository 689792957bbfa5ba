import { createMemoryAudit } from "../../../api/adapters/memory/audit.ts";
import { createMemoryErasures } from "../../../api/adapters/memory/erasures.ts";
import { createMemoryJobs } from "../../../api/adapters/memory/jobs.ts";
import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import { createMemoryTenantAdmin } from "../../../api/adapters/memory/tenant-admin.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import { createMemoryUsers } from "../../../api/adapters/memory/users.ts";
import { erasuresContract } from "../../contracts/erasures.ts";
import { createManualClock } from "../../support/clock.ts";
import { makeTenant } from "../../support/tenant.ts";

erasuresContract("memory", async () => {
  const audit = createMemoryAudit();
  const users = createMemoryUsers(audit);
  const tenants = createMemoryTenants([]);
  const admin = createMemoryTenantAdmin(tenants, { record: () => undefined });
  const jobs = createMemoryJobs({ clock: createManualClock() });
  const chats = createMemoryStore(undefined, { onErase: (erasure) => erasures.keep(erasure) });
  const erasures = createMemoryErasures({
    audit,
    users,
    tenants: admin,
    send: jobs.send,
    async eraseChats(tenantId, ownerId = "all") {
      const tenant = makeTenant(tenantId);
      const { items } = await chats.listChats(tenant, ownerId, { limit: 100 });
      for (const { id } of items) await chats.deleteChat(tenant, id);
      return { chats: items.length };
    },
  });
  return {
    erasures,
    users,
    chats,
    tenants,
    audit,
    jobs,
    async addTenant(id) {
      const empty = { name: id, domain: null, status: "active", settings: {} };
      const actor = { kind: "platform", id: null, address: "203.0.113.7" } as const;
      const made = { at: new Date(), actor, tenantId: id, target: id, details: {} };
      await admin.createTenant({ id, ...empty }, { ...made, action: "tenant.create" });
    },
    close: async () => undefined,
  };
});
