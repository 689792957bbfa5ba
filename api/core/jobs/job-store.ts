/** What each kind of job is told. Never content: a job says where its work is, and the tenant's rows hold it. */
export interface JobKinds {
  "ingest-document": { readonly documentId: string; readonly versionId: string };
  /** Undefined: the vectors of all versions. `passages`: of how many the version has, or had, vectors. */
  "remove-vectors": {
    readonly documentId: string;
    readonly version?: { readonly id: string; readonly passages: number };
  };
  /** Indexes the documents that another release has put. */
  "index-documents": Record<string, never>;
  /** Reads a web source, or goes on with it. */
  "crawl-source": { readonly webSourceId: string };
  /**
   * Finishes a deletion. `isLast`: the second time, when all that was under way must have come. `round`: how often it was
   * put off.
   */
  erase: { readonly erasureId: string; readonly isLast?: boolean; readonly round?: number };
}

export type JobKind = keyof JobKinds;

interface JobOf<Kind extends JobKind> {
  readonly kind: Kind;
  readonly tenantId: string;
  readonly data: JobKinds[Kind];
  /** Of the jobs of a tenant that have one key at most one waits: a later one takes its place. */
  readonly key?: string;
  /** Milliseconds until it is due; left out: at once. */
  readonly delayMs?: number;
}

export type NewJob = { [Kind in JobKind]: JobOf<Kind> }[JobKind];

/** A job that was taken by this process, which keeps it for as long as it says so. */
export type TakenJob = { [Kind in JobKind]: Taken<Kind> }[JobKind];

interface Taken<Kind extends JobKind> extends Pick<JobOf<Kind>, "kind" | "tenantId" | "data"> {
  readonly id: string;
  /** From 1; it grows too when the process that had the job was killed or gave it back. */
  readonly attempt: number;
  /** All its attempts have failed: what is left to do is to say so. */
  readonly isDead: boolean;
}

/** A job that is there, whether it waits, is under way or has failed for good. */
export interface LeftJob {
  readonly kind: JobKind;
  readonly tenantId: string;
  readonly data: NewJob["data"];
}

export interface TakeOptions {
  /** Tenants whose jobs are passed over. */
  readonly skip: readonly string[];
  /** How many jobs of one tenant may be under way at once, in all processes together; beside them one crawl. */
  readonly perTenant: number;
  /** Whether crawls are taken, and before or behind other jobs. Left out: behind them. */
  readonly crawls?: "none" | "first" | "last";
}

/** Jobs that outlive the process. @throws AppError SERVICE_UNAVAILABLE, each method, when the store is away. */
export interface JobStore {
  send(jobs: readonly NewJob[]): Promise<void>;
  /** The one that waits longest of those that are due. */
  take(options: TakeOptions): Promise<TakenJob | undefined>;
  /** Shows that it is under way. False: it isn't ours any more, or was deleted. */
  keep(job: TakenJob): Promise<boolean>;
  /** It is done, and nothing is left of it. */
  finish(job: TakenJob): Promise<void>;
  /** It is due again after a pause that grows with each attempt; behind the last attempt it is dead, and due as that. */
  fail(job: TakenJob): Promise<void>;
  /** Gives it back unfinished: it is due at once, and that was none of its attempts. */
  release(job: TakenJob): Promise<void>;
  /** But for those that erase: deletes all of a tenant, or those of one of its documents, also those that are under way. @returns how many. */
  removeJobs(tenantId: string, documentId?: string): Promise<number>;
  /** What is left of a tenant, at most the thousand oldest. */
  listJobs(tenantId: string): Promise<LeftJob[]>;
  /** How many `removeJobs` would delete. */
  countJobs(tenantId: string, documentId?: string): Promise<number>;
}
