import type { JobWorker } from "../jobs/job-runner.ts";
import type { Logger, TenantStore } from "../ports.ts";
import type { Tenant } from "../tenant.ts";

/** The tenants' indexes of words, where another release has left them behind. */
export interface DocumentIndexer {
  /**
   * Indexes what isn't indexed, in steps, so that another run goes on where one was ended. At once where another process
   * is at it.
   * @throws AppError SERVICE_UNAVAILABLE; what the signal was aborted with.
   */
  indexMissing(tenant: Tenant, signal: AbortSignal): Promise<void>;
}

export interface IndexDeps {
  readonly tenants: Pick<TenantStore, "findTenantInAnyState">;
  readonly indexer: DocumentIndexer;
  readonly logger: Logger;
}

/** Indexes in the background; questions are answered meanwhile from what is indexed. */
export function createIndexWorker({
  tenants,
  indexer,
  logger,
}: IndexDeps): JobWorker<"index-documents"> {
  return {
    async run({ tenantId }, signal) {
      const tenant = (await tenants.findTenantInAnyState(tenantId))?.tenant;
      if (tenant) await indexer.indexMissing(tenant, signal);
    },
    async giveUp({ tenantId }) {
      // The next question sends another job.
      logger.error({ tenant_id: tenantId }, "Documents of another release could not be indexed");
    },
  };
}
