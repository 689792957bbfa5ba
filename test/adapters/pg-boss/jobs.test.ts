import { expect, test } from "vitest";
import { createPgBossJobs } from "../../../api/adapters/pg-boss/jobs.ts";
import type { JobStore } from "../../../api/core/jobs/job-store.ts";
import { makeJob } from "../../contracts/jobs-fixtures.ts";
import { createRecordingLogger } from "../../support/logger.ts";
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

test("what was under way when the process was killed is due at its next start, and that was none of its attempts", async () => {
  const retry = { attempts: 2, pauseSeconds: 0 };
  const { jobs, postgres, read, close } = await openPostgresWithJobs({}, retry);
  await jobs.send([makeJob("demo")]);
  const takeOne = async (from: JobStore) =>
    (await from.take({ skip: [], perTenant: 1 })) ?? expect.unreachable();
  await takeOne(jobs);
  for (let start = 0; start < 4; start += 1) {
    const started = await createPgBossJobs(postgres.execute, createRecordingLogger(), retry).open(
      true,
    );
    expect((await takeOne(started)).isDead).toBe(false);
    await started.close();
  }
  expect(await read("select retry_limit - retry_count as left from pgboss.job")).toEqual([
    { left: 1 },
  ]);
  await close();
});

test("jobs of a tenant, and of a document, are found by an index, however many others wait", async () => {
  const { jobs, run, read, close } = await openPostgresWithJobs();
  await run(
    `insert into pgboss.job (name, data) select 'jobs', jsonb_build_object('kind', 'ingest-document',
       'tenantId', 't' || n % 500, 'data', jsonb_build_object('documentId', 'doc_' || n))
     from generate_series(1, 20000) n`,
  );
  await run("analyze pgboss.job");
  expect(await jobs.countJobs("t7")).toBe(40);
  expect(await jobs.countJobs("t7", "doc_507")).toBe(1);
  for (const where of ["", " and data #>> '{data,documentId}' = 'doc_507'"]) {
    const sql = `explain select from pgboss.job where data ->> 'kind' <> 'erase' and data ->> 'tenantId' = 't7'${where}`;
    const plan = JSON.stringify(await read(sql));
    expect(plan).toMatch(/Index/);
    expect(plan).not.toMatch(/Seq Scan on job_common/);
  }
  await run(
    `insert into pgboss.job (name, data) select 'jobs', '{"kind": "erase", "tenantId": "many", "data": {}}'
     from generate_series(1, 1200)`,
  );
  expect(await jobs.listJobs("many")).toHaveLength(1000);
  await close();
});
