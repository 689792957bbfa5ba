import { randomUUID } from "node:crypto";
import type { PgBoss } from "pg-boss";
import type { JobKind, JobStore, NewJob, TakenJob } from "../../core/jobs/job-store.ts";
import type { Logger } from "../../core/ports.ts";
import {
  createBoss,
  queues,
  schema,
  standardRetry,
  type ExecuteSql,
  type RetryOptions,
} from "./boss.ts";
import { createJobRows, type JobRows } from "./job-rows.ts";
import { prepareJobs } from "./prepare-jobs.ts";

/** What a job is to pg-boss. */
type Payload = Pick<NewJob, "kind" | "tenantId" | "data">;

/** Jobs in PostgreSQL, before its connections are there. */
export interface PgBossJobs {
  /** That its tables are in. */
  readonly schema: string;
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
    schema,
    prepare: (executeAsOwner, login) => prepareJobs(executeAsOwner, login, retry),
    send: (executeInTransaction, jobs) => sendJobs(boss, jobs, executeInTransaction),
    async open(isAlone) {
      await boss.start();
      const rows = createJobRows(execute);
      if (isAlone) await rows.releaseAll();
      return {
        ...createStore(boss, rows),
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

/** Crawls of one tenant that may be under way at once, in all processes together. */
const crawlsPerTenant = 1;

function createStore(boss: PgBoss, rows: JobRows): JobStore {
  return {
    send: (jobs) => sendJobs(boss, jobs),
    async take({ skip, perTenant, crawls = "last" }) {
      const living = [queues.jobs];
      const order = {
        none: living,
        first: [queues.crawls, ...living],
        last: [...living, queues.crawls],
      }[crawls];
      for (const queue of [queues.dead, ...order]) {
        const most = queue === queues.crawls ? crawlsPerTenant : perTenant;
        const job = await take(boss, queue, skip, most);
        if (job) return job;
      }
      return undefined;
    },
    async keep(job) {
      return countOf(await boss.touch(...claimOf(job))) > 0;
    },
    async finish(job) {
      if (job.isDead) await rows.removeFailed(job.id);
      await boss.deleteJob(...claimOf(job));
    },
    async fail(job) {
      const [queue, claim] = claimOf(job);
      await boss.fail(queue, claim);
    },
    async release(job) {
      const [queue, { id, retryCount }] = claimOf(job);
      await rows.release(queue, id, retryCount);
    },
    removeJobs: rows.remove,
    countJobs: rows.count,
    listJobs: rows.list,
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
    const queue = defaultQueue({ kind });
    if (key === undefined) await boss.send(queue, payload, options);
    else await boss.upsert(queue, payload, options);
  }
}

async function read(execute: ExecuteSql, text: string, values?: unknown[]) {
  return (await execute(text, values)) as { rows: object[] };
}

async function take(
  boss: PgBoss,
  queue: string,
  skip: readonly string[],
  perTenant: number,
): Promise<TakenJob | undefined> {
  const [found] = await boss.fetch<Payload>(queue, {
    includeMetadata: true,
    groupConcurrency: perTenant,
    ignoreGroups: [...skip],
  });
  if (!found) return undefined;
  const { id, data, retryCount } = found;
  const job = { ...data, id, attempt: retryCount + 1, isDead: queue === queues.dead } as TakenJob;
  queueOf.set(job, queue);
  return job;
}

/** Crawls that an earlier release has sent wait among the other jobs. */
const queueOf = new WeakMap<TakenJob, string>();

function defaultQueue({ kind, isDead = false }: { kind: JobKind; isDead?: boolean }): string {
  return isDead ? queues.dead : kind === "crawl-source" ? queues.crawls : queues.jobs;
}

/** The queue, and the job in just that attempt: one that was taken back meanwhile isn't touched. */
function claimOf(job: TakenJob): [string, { id: string; retryCount: number }] {
  return [queueOf.get(job) ?? defaultQueue(job), { id: job.id, retryCount: job.attempt - 1 }];
}

/** How many jobs a command has changed, of which pg-boss' types say nothing. */
function countOf(response: object): number {
  return "affected" in response ? Number(response.affected) : 0;
}
