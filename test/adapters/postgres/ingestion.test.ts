import { ingestionContract } from "../../contracts/ingestion.ts";
import { smallLimits } from "../../contracts/ingestion-fixtures.ts";
import { openPostgresWithJobs } from "../../support/open-jobs.ts";

ingestionContract("PostgreSQL", async () => {
  const announced: string[] = [];
  const { postgres, jobs, addTenant, close } = await openPostgresWithJobs({
    onDocumentChange: (tenantId, documentId) => announced.push(`${tenantId}/${documentId}`),
  });
  return {
    documents: { ...postgres.documents, ...postgres.retriever },
    ingestions: postgres.ingestions,
    jobs,
    tenant: await addTenant("demo-one"),
    otherTenant: await addTenant("other"),
    smallTenant: await addTenant("small", { limits: smallLimits }),
    announced: () => announced,
    close,
  };
});
