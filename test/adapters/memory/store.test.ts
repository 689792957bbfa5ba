import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import { storeContract } from "../../contracts/store.ts";
import { makeTenant } from "../../support/tenant.ts";

storeContract("memory", async () => ({
  store: createMemoryStore(),
  tenant: makeTenant("demo"),
  otherTenant: makeTenant("other"),
  close: async () => undefined,
}));
