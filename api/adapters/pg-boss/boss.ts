import { PgBoss } from "pg-boss";

/** Runs SQL that is written with $1, $2 …; several statements at once where there are no values. */
export type ExecuteSql = (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;

export const schema = "pgboss";
/** Crawls, which mostly wait for hosts, have a queue of their own; so have the jobs that are dead. */
export const queues = { jobs: "jobs", crawls: "crawls", dead: "dead-jobs" } as const;

/** A process that doesn't show for so long that a job is under way has lost it, in seconds; the least that pg-boss takes is 10. */
const heartbeatSeconds = 15;

/**
 * pg-boss over connections that are ours, so it opens none. It looks after lost jobs once it is started, and takes
 * no steps that the login has no right to.
 */
export function createBoss(executeSql: ExecuteSql): PgBoss {
  return new PgBoss({
    db: {
      async executeSql(text, values) {
        return (await executeSql(text, values)) as { rows: object[] };
      },
    },
    schema,
    migrate: false,
    createSchema: false,
    schedule: false,
    reindex: false,
    monitorVacuum: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    maintenanceIntervalSeconds: 600,
    flowIntervalSeconds: 3600,
  });
}

export interface RetryOptions {
  /** How often a job is tried. */
  readonly attempts: number;
  /** Until the second attempt; about twice as long until each further one, up to ten minutes. 0: always at once. */
  readonly pauseSeconds: number;
}

/** Together about an hour. */
export const standardRetry: RetryOptions = { attempts: 13, pauseSeconds: 5 };

const common = {
  // One job of a key waits at most; those without get a key of their own.
  policy: "short",
  heartbeatSeconds,
  expireInSeconds: 12 * 3600,
  // A job is never dropped only because it had to wait.
  retentionSeconds: 360 * 24 * 3600,
  deleteAfterSeconds: 3600,
} as const;

export function queueOptions({ attempts, pauseSeconds }: RetryOptions) {
  const growing = { retryBackoff: true, retryDelayMax: 600 };
  const living = {
    ...common,
    ...(pauseSeconds > 0 && growing),
    retryLimit: attempts - 1,
    retryDelay: pauseSeconds,
    deadLetter: queues.dead,
  };
  return {
    [queues.dead]: { ...common, ...growing, retryLimit: 100_000, retryDelay: 5 },
    [queues.jobs]: living,
    [queues.crawls]: living,
  };
}
