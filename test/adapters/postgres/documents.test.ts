import { documentsContract } from "../../contracts/documents.ts";
import { openTestPostgres } from "../../support/open-postgres.ts";

documentsContract("PostgreSQL", async () => {
  const { postgres, addTenant, close } = await openTestPostgres();
  const documents = { ...postgres.documents, ...postgres.retriever };
  return {
    documents,
    tenant: await addTenant("demo"),
    otherTenant: await addTenant("other"),
    close,
  };
});
