import { createMemoryAudit } from "../../../api/adapters/memory/audit.ts";
import { createMemoryKeys } from "../../../api/adapters/memory/keys.ts";
import { createMemoryTenantAdmin } from "../../../api/adapters/memory/tenant-admin.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import { createMemoryTickets } from "../../../api/adapters/memory/tickets.ts";
import { createMemoryUsers } from "../../../api/adapters/memory/users.ts";
import { accessContract } from "../../contracts/access.ts";
import { makeTenant } from "../../support/tenant.ts";

accessContract("memory", async () => {
  const memory = createMemoryAudit();
  let isBroken = false;
  const record: typeof memory.record = (entry) => {
    if (isBroken) throw new Error("The audit log is away");
    memory.record(entry);
  };
  const audit = {
    ...memory,
    record,
    add: async (entry: Parameters<typeof record>[0]) => record(entry),
  };
  const tenants = createMemoryTenants(["demo", "other"].map((id) => makeTenant(id)));
  const here = {
    keys: createMemoryKeys(audit),
    users: createMemoryUsers(audit),
    tickets: createMemoryTickets(),
    audit,
    tenantAdmin: createMemoryTenantAdmin(tenants, audit),
    tenants,
  };
  return {
    here,
    there: here,
    tenantId: "demo",
    otherTenantId: "other",
    async withoutAudit(run) {
      isBroken = true;
      await run().finally(() => {
        isBroken = false;
      });
    },
    close: async () => undefined,
  };
});
