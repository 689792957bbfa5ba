import type { OpenAPIHono } from "@hono/zod-openapi";
import type { GateDeps } from "../core/access/gate.ts";
import type { ReaderDeps } from "../core/turns/read-turn.ts";
import type { StartDeps } from "../core/turns/start-turn.ts";
import type { OpenAccesses } from "../core/access/open-accesses.ts";
import type { WebAccess } from "../core/admin/web-source-admin.ts";
import type { AdminDeps } from "../core/admin/admin-deps.ts";
import type { UnansweredStore } from "../core/answering/unanswered.ts";
import type { Logger, UsageStore } from "../core/ports.ts";
import type { DocumentStore } from "../core/documents/document-store.ts";
import type { IngestionAccess } from "../core/documents/ingestion-access.ts";
import type { HttpEnv } from "./env.ts";
import type { HealthDeps } from "./health.ts";

export interface DocsFile {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

export interface RestDeps extends HealthDeps {
  readonly gate: GateDeps;
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
  readonly documents: DocumentStore;
  readonly ingestion: IngestionAccess;
  readonly usage: UsageStore;
  readonly unanswered: UnansweredStore;
  readonly web: WebAccess;
  readonly admin: AdminDeps;
  readonly logger: Logger;
  /** API_V1_STR, without a slash at its end. */
  readonly apiPrefix: string;
  /** Aborts when the server begins to go down: who follows a chat is sent away at its next pause. */
  readonly draining: AbortSignal;
  /** Aborts when the server goes down: what waits or streams ends, and clients come back. */
  readonly stopping: AbortSignal;
  /** All that is open at any door: streams hold a place there, and end when their callers may no longer read. */
  readonly accesses: OpenAccesses;
  /** The metrics in the text format of Prometheus. */
  readonly printMetrics: () => Promise<string>;
  /** What tells of the other doors, each file at its path; a page may need no scripts. */
  readonly docsFiles: readonly DocsFile[];
  /** The folder that the element is built to; each of its files is served at the root. */
  readonly elementDir: string;
}

export type Rest = OpenAPIHono<HttpEnv>;
