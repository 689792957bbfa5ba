import type { Clock, Logger } from "../../core/ports.ts";
import type { Tenant } from "../../core/tenant.ts";
import type { SendJobs } from "./job-outbox.ts";
import { isBehind } from "./missing-documents.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/** What is done about an index that says of itself that it is behind. A failure is logged: the next question asks again. */
export interface Indexing {
  /** Has the documents indexed in the background, once for all who ask in all processes. */
  request(tenant: Tenant): Promise<void>;
  /** Notes that nothing was left to do, as in a tenant that is new. */
  settle(tenant: Tenant): Promise<void>;
}

export interface IndexingDeps {
  readonly work: TenantWork;
  /** The analyzer's. */
  readonly version: number;
  readonly sendJobs: SendJobs;
  /** Told when jobs were sent. */
  readonly onSend: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Milliseconds in which a process sends one job for a tenant at most. */
const pauseMs = 10_000;

export function createIndexing(deps: IndexingDeps): Indexing {
  const { work, version, sendJobs, onSend, clock, logger } = deps;
  const sent = new Map<string, number>();

  async function tryTo(tenant: Tenant, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      logger.warn(
        { err: error, tenant_id: tenant.id },
        "What is missing in an index can't be looked after",
      );
    }
  }

  return {
    async request(tenant) {
      const last = sent.get(tenant.id) ?? -Infinity;
      if (clock.now() - last < pauseMs) return;
      sent.set(tenant.id, clock.now());
      const job = { kind: "index-documents", tenantId: tenant.id, data: {}, key: "index" } as const;
      await tryTo(tenant, () => work(tenant, (em) => sendJobs(em, tenant, [job])));
      onSend();
    },
    settle: (tenant) =>
      tryTo(tenant, () =>
        work(tenant, async (em) => {
          const schema = quotedSchema(tenant);
          const free = `select from ${schema}.search_stats for update skip locked`;
          if ((await em.execute<object[]>(free)).length === 0) return;
          await em.execute(
            `update ${schema}.search_stats set version = ? where version < ? and not ${isBehind(schema)}`,
            [version, version, version],
          );
        }),
      ),
  };
}
