import { webSourcesContract } from "../../contracts/web-sources.ts";
import { openPostgresWithJobs } from "../../support/open-jobs.ts";

webSourcesContract("PostgreSQL", async () => {
  const { postgres, jobs, addTenant, close } = await openPostgresWithJobs();
  return {
    sources: postgres.webSources,
    jobs,
    tenant: await addTenant("demo"),
    otherTenant: await addTenant("other"),
    fullTenant: await addTenant("full"),
    close,
  };
});
