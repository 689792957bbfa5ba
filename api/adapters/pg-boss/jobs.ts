import { randomUUID } from "node:crypto";
import type { JobWithMetadata, PgBoss } from "pg-boss";
import type {
  JobStore,
  LeftJob,
  NewJob,
  TakenJob,
  TakeOptions,
} from "../../core/jobs/job-store.ts";
import type { Logger } from "../../core/ports.ts";
import { createBoss, queues, standardRetry, type ExecuteSql, type RetryOptions } from "./boss.ts";
import { prepareJobs } from "./prepare-jobs.ts";

/** What a job is to pg-boss. */
type Payload = Pick<NewJob, "kind" | "tenantId" | "data">;

/** Jobs in PostgreSQL, before its connections are there. */
export interface PgBossJobs {
  /** See `prepareJobs`. */
  prepare(execute: ExecuteSql, login: string | undefined): Promise<void>;
  /** Sends within the transaction that `execute` runs in: the jobs are there if and when it is committed. */
  send(execute: ExecuteSql, jobs: readonly NewJob[]): Promise<void>;
  /** @param isAlone nobody else works on the database: what was under way is lost, and due at once. */
  open(isAlone: boolean): Promise<OpenJobs>;
}

export interface OpenJobs extends JobStore {
  close(): Promise<void>;
}

/** @param execute runs SQL as the login; asked for nothing before the database is prepared. */
export function createPgBossJobs(
  execute: ExecuteSql,
  logger: Logger,
  retry: RetryOptions = standardRetry,
): PgBossJobs {
  const boss = createBoss(execute);
  let isClosed = false;
  boss.on("error", (error) => {
    if (!isClosed) logger.warn({ err: error }, "The job queue can't be looked after");
  });
  boss.on("warning", ({ message }) => logger.warn({ reason: message }, "The job queue warns"));
  return {
    prepare: (executeAsOwner, login) => prepareJobs(executeAsOwner, login, retry),
    send: (executeInTransaction, jobs) => sendJobs(boss, jobs, executeInTransaction),
    async open(isAlone) {
      await boss.start();
      if (isAlone) for (const queue of Object.values(queues)) await releaseAll(boss, queue);
      return {
        ...createStore(boss),
        async close() {
          isClosed = true;
          await endInTime(boss.stop({ graceful: false, close: false }));
        },
      };
    },
  };
}

const longestStopMs = 1000;

/** It waits for what it has asked of the database, which may have fallen silent, and has nothing to save. */
async function endInTime(stopping: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, longestStopMs);
  });
  try {
    await Promise.race([stopping, late]);
  } finally {
    clearTimeout(timer);
  }
}

function createStore(boss: PgBoss): JobStore {
  return {
    send: (jobs) => sendJobs(boss, jobs),
    async take(options) {
      return (await take(boss, queues.dead, options)) ?? (await take(boss, queues.jobs, options));
    },
    async keep(job) {
      return countOf(await boss.touch(...claimOf(job))) > 0;
    },
    async finish(job) {
      if (job.isDead) await removeFailed(boss, job);
      await boss.deleteJob(...claimOf(job));
    },
    async fail(job) {
      const [queue, claim] = claimOf(job);
      await boss.fail(queue, claim);
    },
    release: (job) => release(boss, ...claimOf(job)),
    async removeJobs(tenantId, documentId) {
      let count = 0;
      for (const queue of Object.values(queues)) {
        const found = await find(boss, queue, tenantId, documentId);
        if (found.length === 0) continue;
        const ids = found.flatMap(({ id, data }) => (data.kind === "erase" ? [] : [id]));
        if (ids.length > 0) count += countOf(await boss.deleteJob(queue, ids));
      }
      return count;
    },
    async listJobs(tenantId) {
      const left: LeftJob[] = [];
      for (const queue of Object.values(queues))
        left.push(...(await find(boss, queue, tenantId)).map(({ data }) => data));
      return left;
    },
  };
}

async function sendJobs(
  boss: PgBoss,
  jobs: readonly NewJob[],
  executeSql?: ExecuteSql,
): Promise<void> {
  const inTransaction = executeSql && {
    db: { executeSql: async (text: string, values?: unknown[]) => read(executeSql, text, values) },
  };
  for (const { kind, tenantId, data, key, delayMs = 0 } of jobs) {
    const payload: Payload = { kind, tenantId, data } as NewJob;
    const options = {
      ...inTransaction,
      group: { id: tenantId },
      // Seconds from now by the database's clock: ours may be another.
      startAfter: delayMs / 1000,
      singletonKey: key === undefined ? randomUUID() : `${tenantId}/${key}`,
    };
    if (key === undefined) await boss.send(queues.jobs, payload, options);
    else await boss.upsert(queues.jobs, payload, options);
  }
}

async function read(execute: ExecuteSql, text: string, values?: unknown[]) {
  return (await execute(text, values)) as { rows: object[] };
}

async function take(
  boss: PgBoss,
  queue: string,
  { skip, perTenant }: TakeOptions,
): Promise<TakenJob | undefined> {
  const [found] = await boss.fetch<Payload>(queue, {
    includeMetadata: true,
    groupConcurrency: perTenant,
    ignoreGroups: [...skip],
  });
  if (!found) return undefined;
  const { id, data, retryCount } = found;
  return { ...data, id, attempt: retryCount + 1, isDead: queue === queues.dead } as TakenJob;
}

/** The queue, and the job in just that attempt: one that was taken back meanwhile isn't touched. */
function claimOf({ id, attempt, isDead }: TakenJob): [string, { id: string; retryCount: number }] {
  return [isDead ? queues.dead : queues.jobs, { id, retryCount: attempt - 1 }];
}

/** What is dead waits as a copy of the job that has failed. */
async function removeFailed(boss: PgBoss, { kind, tenantId, data }: TakenJob): Promise<void> {
  const found = await boss.findJobs<Payload>(queues.jobs, { data: { kind, tenantId, data } });
  const ids = found.filter(({ state }) => state === "failed").map(({ id }) => id);
  if (ids.length > 0) await boss.deleteJob(queues.jobs, ids);
}

/** How many jobs a command has changed, of which pg-boss' types say nothing. */
function countOf(response: object): number {
  return "affected" in response ? Number(response.affected) : 0;
}

/** In two steps, of which the first alone makes it due after a pause. */
async function release(
  boss: PgBoss,
  queue: string,
  claim: { id: string; retryCount: number },
): Promise<void> {
  if (countOf(await boss.fail(queue, claim)) > 0)
    await boss.update(queue, undefined, { id: claim.id, startAfter: 0 });
}

async function releaseAll(boss: PgBoss, queue: string): Promise<void> {
  const found = await boss.findJobs<Payload>(queue, {});
  for (const { id, state, retryCount } of found)
    if (state === "active") await release(boss, queue, { id, retryCount });
}

function find(
  boss: PgBoss,
  queue: string,
  tenantId: string,
  documentId?: string,
): Promise<JobWithMetadata<Payload>[]> {
  const data = { tenantId, ...(documentId === undefined ? {} : { data: { documentId } }) };
  return boss.findJobs<Payload>(queue, { data });
}
