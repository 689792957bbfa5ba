import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import { tenantsContract } from "../../contracts/tenants.ts";
import { makeTenant } from "../../support/tenant.ts";

tenantsContract("memory", async () => {
  const tenants = createMemoryTenants([makeTenant("demo")]);
  return {
    tenants,
    set: async (id, settings) => tenants.set(makeTenant(id, settings)),
    suspend: async (id) => tenants.suspend(id),
    close: async () => undefined,
  };
});
