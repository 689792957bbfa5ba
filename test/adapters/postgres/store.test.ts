import { storeContract } from "../../contracts/store.ts";
import { openTestPostgres } from "../../support/open-postgres.ts";

storeContract("PostgreSQL", async () => {
  const { postgres, addTenant, close } = await openTestPostgres();
  const store = { ...postgres.chats, ...postgres.turns };
  return { store, tenant: await addTenant("demo"), otherTenant: await addTenant("other"), close };
});
