import type { Clock, Logger } from "../ports.ts";
import type { JobKind, JobKinds, JobStore, TakenJob } from "./job-store.ts";

/** What is done with the jobs of one kind. */
export interface JobWorker<Kind extends JobKind> {
  /** Can be run again from any point: a process may be killed in it. What it throws is another failed attempt. */
  run(
    job: TakenJob & { readonly kind: Kind; readonly data: JobKinds[Kind] },
    signal: AbortSignal,
  ): Promise<void>;
  /** Every attempt has failed. What it throws is told again later. */
  giveUp(job: TakenJob & { readonly kind: Kind; readonly data: JobKinds[Kind] }): Promise<void>;
}

export type JobWorkers = { readonly [Kind in JobKind]: JobWorker<Kind> };

export interface JobRunnerDeps {
  readonly jobs: JobStore;
  readonly workers: JobWorkers;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Jobs under way at once in this process, and of one tenant in all processes. */
  readonly slots?: number;
  readonly perTenant?: number;
}

/** Of the slots, what crawls may take: they mostly wait for hosts, which may never answer. */
const crawlShare = 0.5;

/** Takes jobs and runs them. */
export interface JobRunner {
  /** Looks for jobs now: some may have been sent. */
  wake(): void;
  /** How many are under way here. */
  readonly running: number;
  /** Takes none any more and gives back those that are under way; waits for them at most so long. */
  close(waitMs: number): Promise<void>;
}

/** How often it is looked whether other processes have sent jobs, or delayed ones are due. */
const pollMs = 2000;
/** How often a job is shown to be under way; a store takes back what isn't shown for much longer. */
const beatMs = 4000;

/**
 * Runs jobs a few at a time. Tenants take turns: one is served again when every other one that has jobs
 * was, however many it has sent before them.
 */
export function runJobs(deps: JobRunnerDeps): JobRunner {
  const { jobs, clock, logger, slots = 4, perTenant = 2 } = deps;
  const running = new Map<string, { readonly job: TakenJob; readonly work: Promise<void> }>();
  const crawlSlots = Math.max(1, Math.floor(slots * crawlShare));
  const served = new Set<string>();
  const closing = new AbortController();
  let isFilling = false;
  let isAskedAgain = false;
  let isAway = false;
  let cancelPoll = () => {};

  function wake(): void {
    if (closing.signal.aborted) return;
    if (isFilling) {
      isAskedAgain = true;
      return;
    }
    isFilling = true;
    cancelPoll();
    void fill();
  }

  async function fill(): Promise<void> {
    try {
      do {
        isAskedAgain = false;
        while (!closing.signal.aborted && running.size < slots) {
          const job = await takeNext();
          if (!job) break;
          start(job);
        }
      } while (isAskedAgain);
      if (isAway) logger.info({}, "Jobs can be taken again");
      isAway = false;
    } catch (error) {
      if (!isAway && !closing.signal.aborted)
        logger.warn({ err: error }, "Jobs can't be taken at the moment");
      isAway = true;
    }
    isFilling = false;
    if (!closing.signal.aborted) cancelPoll = clock.after(pollMs, wake);
  }

  async function takeNext(): Promise<TakenJob | undefined> {
    const taken = [...running.values()].map(({ job }) => job);
    const underWay = taken.filter(({ kind }) => kind === "crawl-source").length;
    const crawls = underWay >= crawlSlots ? "none" : underWay === 0 ? "first" : "last";
    // Crawls and other jobs of a tenant together.
    const full = taken
      .map(({ tenantId }) => tenantId)
      .filter((id, _, ids) => ids.filter((other) => other === id).length >= perTenant);
    let job = await jobs.take({ skip: [...new Set([...served, ...full])], perTenant, crawls });
    if (!job && served.size > 0) {
      served.clear();
      job = await jobs.take({ skip: [...new Set(full)], perTenant, crawls });
    }
    if (job) served.add(job.tenantId);
    return job;
  }

  function start(job: TakenJob): void {
    const stopping = new AbortController();
    const key = `${job.id}/${job.attempt}`;
    const work = runJob(deps, job, AbortSignal.any([stopping.signal, closing.signal]), () =>
      stopping.abort(),
    ).finally(() => {
      running.delete(key);
      wake();
    });
    running.set(key, { job, work });
  }

  wake();
  return {
    wake,
    get running() {
      return running.size;
    },
    async close(waitMs) {
      closing.abort();
      cancelPoll();
      let cancelTimer = () => {};
      const late = new Promise<void>((resolve) => {
        cancelTimer = clock.after(waitMs, resolve);
      });
      await Promise.race([Promise.all([...running.values()].map(({ work }) => work)), late]);
      cancelTimer();
    },
  };
}

/** Never throws: what can't be said to the store is found out when the job isn't shown any more. */
async function runJob(
  { jobs, workers, clock, logger }: JobRunnerDeps,
  job: TakenJob,
  signal: AbortSignal,
  lose: () => void,
): Promise<void> {
  const fields = { job: job.kind, tenant_id: job.tenantId, attempt: job.attempt, ...job.data };
  let isLost = false;
  const endBeat = beat(clock, async () => {
    isLost = !(await jobs.keep(job));
    if (isLost) lose();
    return !isLost;
  });
  try {
    try {
      await work(workers, job, signal);
      endBeat();
      await jobs.finish(job);
    } catch (error) {
      endBeat();
      if (isLost) return;
      if (signal.aborted) return await jobs.release(job);
      logger.warn({ err: error, ...fields }, "A job failed, and is tried again");
      await jobs.fail(job);
    }
  } catch (error) {
    logger.warn({ err: error, ...fields }, "What became of a job could not be stored");
  }
}

/** @throws Error for a kind that this release doesn't know, such as one of a newer release that was taken back. */
async function work(workers: JobWorkers, job: TakenJob, signal: AbortSignal): Promise<void> {
  // Each kind's worker takes that kind's jobs, which the compiler can't see of all of them together.
  const worker = workers[job.kind] as unknown as WorkerOfAll | undefined;
  if (!worker) throw new Error("There is no worker for this kind of job");
  await (job.isDead ? worker.giveUp(job) : worker.run(job, signal));
}

interface WorkerOfAll {
  run(job: TakenJob, signal: AbortSignal): Promise<void>;
  giveUp(job: TakenJob): Promise<void>;
}

/** Calls `show` again and again until it returns false or `end` is called; one that fails is no answer. */
function beat(clock: Clock, show: () => Promise<boolean>): () => void {
  let isOver = false;
  let cancelTimer = () => {};
  function wait(): void {
    cancelTimer = clock.after(beatMs, () => {
      show().then(
        (goesOn) => goesOn && !isOver && wait(),
        () => !isOver && wait(),
      );
    });
  }
  wait();
  return () => {
    isOver = true;
    cancelTimer();
  };
}
