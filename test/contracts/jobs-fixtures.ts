import type { JobStore, NewJob } from "../../api/core/jobs/job-store.ts";
import { newId } from "../../api/core/ids.ts";

export interface JobsHarness {
  readonly jobs: JobStore;
  /** Lets so many milliseconds go by, as far as the store sees it. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface JobsOptions {
  readonly attempts: number;
}

/** Opens an empty store, in which a failed job is due again at once. */
export type OpenJobs = (options: JobsOptions) => Promise<JobsHarness>;

export function documentOf({ data }: Pick<NewJob, "data">): string | undefined {
  return "documentId" in data ? data.documentId : undefined;
}

export function makeJob(tenantId = "demo", fields: Partial<NewJob> = {}): NewJob {
  const data = { documentId: newId("doc"), versionId: newId("ver") };
  return { kind: "ingest-document", tenantId, data, ...fields } as NewJob;
}
