import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import { usageContract } from "../../contracts/usage.ts";
import { makeTenant } from "../../support/tenant.ts";

usageContract("memory", async () => {
  const store = createMemoryStore();
  return {
    store,
    usage: store,
    tenant: makeTenant("demo"),
    otherTenant: makeTenant("other"),
    close: async () => undefined,
  };
});
