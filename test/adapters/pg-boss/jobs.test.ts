import { jobsContract } from "../../contracts/jobs.ts";
import { openPostgresWithJobs } from "../../support/open-jobs.ts";

jobsContract("pg-boss", async ({ attempts }) => {
  const { jobs, read, close } = await openPostgresWithJobs({}, { attempts, pauseSeconds: 0 });
  return {
    jobs,
    async pass(ms) {
      await read(`select pg_sleep(${ms / 1000})`);
    },
    close,
  };
});
