import { createMemoryStore } from "../../../api/adapters/memory/store.ts";
import { budgetContract } from "../../contracts/budgets.ts";
import { makeTenant } from "../../support/tenant.ts";

budgetContract("memory", async () => {
  const store = createMemoryStore();
  return {
    store,
    budgets: store,
    otherBudgets: store,
    usage: store,
    tenant: makeTenant("demo", { limits: { messages_per_day: 100_000 } }),
    otherTenant: makeTenant("other"),
    close: async () => undefined,
  };
});
