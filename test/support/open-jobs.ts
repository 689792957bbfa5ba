import { createPgBossJobs, type OpenJobs } from "../../api/adapters/pg-boss/jobs.ts";
import type { PostgresOptions } from "../../api/adapters/postgres/open.ts";
import { createRecordingLogger } from "./logger.ts";
import { openTestPostgres, type OpenedPostgres } from "./open-postgres.ts";

/** The adapter on a database of its own, with its job queue open. */
export async function openPostgresWithJobs(
  options: Partial<PostgresOptions> = {},
  retry?: Parameters<typeof createPgBossJobs>[2],
): Promise<OpenedPostgres & { readonly jobs: OpenJobs }> {
  let made: ReturnType<typeof createPgBossJobs> | undefined;
  const opened = await openTestPostgres({
    ...options,
    jobs: (execute) => (made = createPgBossJobs(execute, createRecordingLogger(), retry)),
  });
  const jobs = await made?.open(true);
  if (!jobs) throw new Error("The database was opened without jobs");
  return {
    ...opened,
    jobs,
    async close() {
      await jobs.close();
      await opened.close();
    },
  };
}
