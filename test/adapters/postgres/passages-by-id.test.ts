import { passagesByIdContract } from "../../contracts/passages-by-id.ts";
import { openTestPostgres } from "../../support/open-postgres.ts";

passagesByIdContract("PostgreSQL", async () => {
  const { postgres, addTenant, close } = await openTestPostgres();
  return {
    documents: { ...postgres.documents, ...postgres.retriever },
    passages: postgres.passages,
    tenant: await addTenant("demo"),
    otherTenant: await addTenant("other"),
    close,
  };
});
