import { searchIndexContract } from "../../contracts/search.ts";
import { openTestPostgres } from "../../support/open-postgres.ts";

searchIndexContract("PostgreSQL", async () => {
  const { postgres, addTenant, close } = await openTestPostgres();
  let tenants = 0;
  return {
    documents: postgres.documents,
    search: postgres.retriever,
    readIndex: postgres.retriever.readIndex,
    addTenant: () => addTenant(`search-${(tenants += 1)}`),
    close,
  };
});
