import type { Clock } from "../../core/ports.ts";
import type { JobStore, NewJob, TakenJob } from "../../core/jobs/job-store.ts";

interface Entry {
  readonly id: string;
  readonly job: NewJob;
  /** When it is due, in ms since the epoch. */
  due: number;
  attempts: number;
  /** How often it was given back: these were no attempts. */
  returns: number;
  isTaken: boolean;
  isDead: boolean;
}

export interface MemoryJobsOptions {
  readonly clock: Clock;
  /** How often a job is tried; default 13. */
  readonly attempts?: number;
  /** Until the second attempt, in ms; twice as long until each further one. Default 5000. */
  readonly pauseMs?: number;
}

const longestPauseMs = 600_000;

function documentOf({ data }: NewJob): string | undefined {
  return "documentId" in data ? data.documentId : undefined;
}

function isCrawl({ job, isDead }: Entry): boolean {
  return job.kind === "crawl-source" && !isDead;
}

/** Jobs that end with the process. */
export function createMemoryJobs({
  clock,
  attempts = 13,
  pauseMs = 5000,
}: MemoryJobsOptions): JobStore {
  const entries = new Map<string, Entry>();
  let count = 0;
  /** Undefined for one that isn't this process' any more. */
  const held = ({ id, attempt }: TakenJob) => {
    const entry = entries.get(id);
    return entry?.isTaken && entry.attempts === attempt ? entry : undefined;
  };
  const isOf = ({ job }: Entry, tenantId: string, documentId?: string) =>
    job.tenantId === tenantId && (documentId === undefined || documentOf(job) === documentId);

  const removable = (tenantId: string, documentId?: string) =>
    [...entries.values()].filter(
      (entry) => entry.job.kind !== "erase" && isOf(entry, tenantId, documentId),
    );

  return {
    async send(jobs) {
      for (const job of jobs) {
        for (const [id, other] of entries) {
          const isSame = isOf(other, job.tenantId) && other.job.key === job.key;
          if (job.key !== undefined && isSame && !other.isTaken) entries.delete(id);
        }
        const id = String((count += 1));
        const due = clock.now() + (job.delayMs ?? 0);
        entries.set(id, { id, job, due, attempts: 0, returns: 0, isTaken: false, isDead: false });
      }
    },
    async take({ skip, perTenant, crawls = "last" }) {
      const all = [...entries.values()];
      const find = (isWanted: boolean) =>
        all.find((entry) => {
          const { tenantId } = entry.job;
          const busy = all.filter((other) => other.isTaken && isOf(other, tenantId));
          const alike = busy.filter((other) => isCrawl(other) === isWanted).length;
          const isFree = alike < (isWanted ? 1 : perTenant) && !skip.includes(tenantId);
          return (
            isCrawl(entry) === isWanted && !entry.isTaken && entry.due <= clock.now() && isFree
          );
        });
      const order = { none: [false], first: [true, false], last: [false, true] }[crawls];
      const next = order.map(find).find((entry) => entry !== undefined);
      if (!next) return undefined;
      next.isTaken = true;
      next.attempts += 1;
      const { id, isDead, attempts: attempt } = next;
      const { kind, tenantId, data } = next.job;
      return { id, kind, tenantId, data, attempt, isDead } as TakenJob;
    },
    keep: async (job) => held(job) !== undefined,
    async finish(job) {
      if (held(job)) entries.delete(job.id);
    },
    async fail(job) {
      const entry = held(job);
      if (!entry) return;
      entry.isTaken = false;
      entry.isDead ||= entry.attempts - entry.returns >= attempts;
      const pause = Math.min(pauseMs * 2 ** (entry.attempts - 1), longestPauseMs);
      entry.due = clock.now() + (entry.isDead && !job.isDead ? 0 : pause);
    },
    async release(job) {
      const entry = held(job);
      if (!entry) return;
      Object.assign(entry, { isTaken: false, due: clock.now() });
      entry.returns += 1;
    },
    async removeJobs(tenantId, documentId) {
      const gone = removable(tenantId, documentId);
      for (const { id } of gone) entries.delete(id);
      return gone.length;
    },
    countJobs: async (tenantId, documentId) => removable(tenantId, documentId).length,
    async listJobs(tenantId) {
      const left = [...entries.values()].filter((entry) => isOf(entry, tenantId));
      return left.map(({ job: { kind, data } }) => ({ kind, tenantId, data }));
    },
  };
}
