import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { JobStore } from "../../../api/core/jobs/job-store.ts";
import { createOutbox } from "../../../api/adapters/postgres/job-outbox.ts";
import { prepareRoles } from "../../../api/adapters/postgres/roles.ts";
import { createPgBossJobs } from "../../../api/adapters/pg-boss/jobs.ts";
import { makeVersion } from "../../contracts/ingestion-fixtures.ts";
import { makeJob } from "../../contracts/jobs-fixtures.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { openPostgresWithJobs } from "../../support/open-jobs.ts";

let opened: Awaited<ReturnType<typeof openPostgresWithJobs>>;
beforeEach(async () => {
  opened = await openPostgresWithJobs();
});
afterEach(() => opened.close());

const take = (jobs: JobStore) => jobs.take({ skip: [], perTenant: 10 });

test("a tenant's role sees nothing of the queue, and the login owns none of it", async () => {
  const { postgres, addTenant, run } = opened;
  const tenant = await addTenant("demo");
  for (const sql of [
    "select id from pgboss.job",
    "delete from pgboss.job",
    "insert into pgboss.queue (name) values ('mine')",
    "select pgboss.create_queue('mine', '{}')",
  ])
    await expect(
      postgres.work(tenant, (em) => em.execute(sql)),
      sql,
    ).rejects.toThrow(/permission denied/);
  for (const sql of ["drop table pgboss.job", "alter table pgboss.job add column mine int"])
    await expect(run(sql), sql).rejects.toThrow(/must be owner/);
  await expect(run("create table pgboss.mine (id int)")).rejects.toThrow(/permission denied/);
});

test("what is sent in a transaction is there if and when that is committed, and the transaction stays the tenant's", async () => {
  const { postgres, jobs, addTenant, database } = opened;
  const tenant = await addTenant("demo");
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const roles = await prepareRoles(client).finally(() => client.end());
  const queue = createPgBossJobs(postgres.execute, createRecordingLogger());
  const send = createOutbox(roles, queue);
  const broken = postgres.work(tenant, async (em) => {
    await send(em, tenant, [makeJob("demo")]);
    const rows = await em.execute<{ name: string }[]>("select current_user as name");
    expect(rows[0]?.name).toBe(roles.tenantRole("demo"));
    throw new Error("Something else failed");
  });
  await expect(broken).rejects.toThrow("Something else failed");
  expect(await jobs.listJobs("demo")).toEqual([]);
  await postgres.work(tenant, (em) => send(em, tenant, [makeJob("demo")]));
  expect(await jobs.listJobs("demo")).toHaveLength(1);
});

test("the queue needs no connection of its own, and goes on when all connections were lost", async () => {
  const { postgres, jobs, addTenant, read, runAsAdmin } = opened;
  const tenant = await addTenant("demo");
  const lines = () =>
    read<{ count: number }>(
      "select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name like '%boss%'",
    );
  await postgres.ingestions.queueVersion(tenant, makeVersion("text"));
  expect(await lines()).toEqual([{ count: 0 }]);
  await runAsAdmin(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
     and pid <> pg_backend_pid() and query like '%pgboss%'`,
  );
  await expect.poll(() => take(jobs).catch(() => undefined)).toMatchObject({ attempt: 1 });
});

test("a job whose process has died is due again within its heartbeat, and what is alone takes it at its start", async () => {
  const { postgres, jobs, read, run } = opened;
  await jobs.send([makeJob("demo")]);
  const lost = await take(jobs);
  await run(
    "update pgboss.job set heartbeat_on = now() - interval '1 hour' where state = 'active'",
  );
  await run("update pgboss.queue set monitor_on = null");
  // As pg-boss does every five seconds.
  const others = createPgBossJobs(postgres.execute, createRecordingLogger());
  const shared = await others.open(false);
  await expect
    .poll(() => read("select 1 from pgboss.job where state = 'retry'"), { timeout: 15_000 })
    .toHaveLength(1);
  await shared.close();
  await run("update pgboss.job set start_after = now()");
  const again = (await take(jobs)) ?? expect.unreachable();
  expect([again.id, again.attempt]).toEqual([lost?.id, 2]);
  const alone = await createPgBossJobs(postgres.execute, createRecordingLogger()).open(true);
  expect(await take(alone)).toMatchObject({ id: lost?.id, attempt: 3 });
  expect(await jobs.keep(again)).toBe(false);
  await alone.close();
});
