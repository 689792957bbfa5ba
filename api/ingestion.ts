import type { EmbeddedDocuments } from "./core/documents/embedded-documents.ts";
import type { DocumentChanges } from "./core/documents/document-changes.ts";
import { createIngestWorker, createVectorWorker } from "./core/documents/ingest-document.ts";
import { createIndexWorker, type DocumentIndexer } from "./core/documents/index-documents.ts";
import { createEraseWorker } from "./core/erasure/erase.ts";
import type { ErasureStore, TransientKeys } from "./core/erasure/erasure.ts";
import type { IngestionStore } from "./core/documents/ingestion.ts";
import type { DocumentParser } from "./core/documents/parsed-document.ts";
import { runJobs, type JobRunner } from "./core/jobs/job-runner.ts";
import type { JobStore } from "./core/jobs/job-store.ts";
import type { Clock, Logger, TenantStore } from "./core/ports.ts";
import type { DocumentStore } from "./core/documents/document-store.ts";
import type { AddressRules } from "./core/web/address.ts";
import { createCrawlWorker } from "./core/web/crawl-source.ts";
import { createHostTurns } from "./core/web/host-turns.ts";
import { createRobots } from "./core/web/robots.ts";
import type { SitemapReader } from "./core/web/sitemap.ts";
import type { WebFetcher } from "./core/web/web-fetcher.ts";
import type { WebSourceStore } from "./core/web/web-source.ts";
import type { VectorDeps } from "./core/retrieval/embed-passages.ts";

export interface IngestionDeps {
  readonly tenants: TenantStore;
  readonly ingestions: IngestionStore;
  readonly indexer: DocumentIndexer;
  readonly jobs: JobStore;
  readonly parser: DocumentParser;
  /** Undefined: documents are found by their words alone. */
  readonly vectors: VectorDeps | undefined;
  readonly embedded: EmbeddedDocuments;
  readonly erasures: ErasureStore;
  /** Undefined where this process is the only one. */
  readonly keys: TransientKeys | undefined;
  readonly web: WebDeps;
  readonly documents: DocumentStore;
  readonly changes: DocumentChanges;
  readonly maxDocumentBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Jobs under way at once in this process; of one tenant half of them. */
  readonly slots: number;
}

/** What documents come from the web with. */
export interface WebDeps {
  readonly sources: WebSourceStore;
  readonly fetcher: WebFetcher;
  readonly sitemaps: SitemapReader;
  readonly addresses: AddressRules;
  /** Between two requests to one host, in ms. */
  readonly pauseMs: number;
}

/** Takes documents in, in the background. */
export function runIngestion(deps: IngestionDeps): JobRunner {
  const { jobs, clock, logger, slots, vectors, web } = deps;
  const turns = createHostTurns(clock, web.pauseMs);
  const robots = createRobots({ fetcher: web.fetcher, turns, clock });
  return runJobs({
    jobs,
    clock,
    logger,
    slots,
    perTenant: Math.max(1, Math.floor(slots / 2)),
    workers: {
      "ingest-document": createIngestWorker(deps),
      "remove-vectors": createVectorWorker(vectors, jobs, logger),
      "index-documents": createIndexWorker(deps),
      "crawl-source": createCrawlWorker({ ...deps, ...web, turns, robots, random: Math.random }),
      erase: createEraseWorker({ ...deps, vectors: vectors?.vectors }),
    },
  });
}
