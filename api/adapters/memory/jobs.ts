import type { Clock } from "../../core/ports.ts";
import type { JobStore, NewJob, TakenJob } from "../../core/jobs/job-store.ts";

interface Entry {
  readonly id: string;
  readonly job: NewJob;
  /** When it is due, in ms since the epoch. */
  due: number;
  attempts: number;
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

  return {
    async send(jobs) {
      for (const job of jobs) {
        for (const [id, other] of entries) {
          const isSame = isOf(other, job.tenantId) && other.job.key === job.key;
          if (job.key !== undefined && isSame && !other.isTaken) entries.delete(id);
        }
        const id = String((count += 1));
        const due = clock.now() + (job.delayMs ?? 0);
        entries.set(id, { id, job, due, attempts: 0, isTaken: false, isDead: false });
      }
    },
    async take({ skip, perTenant }) {
      const all = [...entries.values()];
      const next = all.find(({ job: { tenantId }, isTaken, due }) => {
        const busy = all.filter((other) => other.isTaken && isOf(other, tenantId)).length;
        return !isTaken && due <= clock.now() && !skip.includes(tenantId) && busy < perTenant;
      });
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
      entry.isDead ||= entry.attempts >= attempts;
      const pause = Math.min(pauseMs * 2 ** (entry.attempts - 1), longestPauseMs);
      entry.due = clock.now() + (entry.isDead && !job.isDead ? 0 : pause);
    },
    async release(job) {
      const entry = held(job);
      if (entry) Object.assign(entry, { isTaken: false, due: clock.now() });
    },
    async removeJobs(tenantId, documentId) {
      const gone = [...entries.values()].filter(
        (entry) => entry.job.kind !== "erase" && isOf(entry, tenantId, documentId),
      );
      for (const { id } of gone) entries.delete(id);
      return gone.length;
    },
    async listJobs(tenantId) {
      const left = [...entries.values()].filter((entry) => isOf(entry, tenantId));
      return left.map(({ job: { kind, data } }) => ({ kind, tenantId, data }));
    },
  };
}
