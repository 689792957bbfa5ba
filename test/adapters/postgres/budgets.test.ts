import { openPostgres } from "../../../api/adapters/postgres/open.ts";
import { budgetContract } from "../../contracts/budgets.ts";
import { registerOwners } from "../../contracts/store-fixtures.ts";
import { openTestPostgres, postgresOptions } from "../../support/open-postgres.ts";

budgetContract("PostgreSQL", async () => {
  const { postgres, database, addTenant, close } = await openTestPostgres({ isShared: true });
  const other = await openPostgres(postgresOptions(database.url, { isShared: true }));
  await registerOwners(postgres.leases);
  return {
    store: { ...postgres.chats, ...postgres.turns },
    budgets: postgres.budgets,
    otherBudgets: other.budgets,
    usage: postgres.usage,
    tenant: await addTenant("demo", { limits: { messages_per_day: 100_000 } }),
    otherTenant: await addTenant("other"),
    async close() {
      await other.close();
      await close();
    },
  };
});
