import type { OpenAPIHono } from "@hono/zod-openapi";
import type { GateDeps } from "../core/gate.ts";
import type { ReaderDeps } from "../core/turns/read-turn.ts";
import type { StartDeps } from "../core/turns/start-turn.ts";
import type { AdminCheck, Logger, UsageStore } from "../core/ports.ts";
import type { DocumentStore } from "../core/documents/document-store.ts";
import type { TenantSignals } from "../core/tenant-signals.ts";
import type { HttpEnv } from "./env.ts";
import type { HealthDeps } from "./health.ts";

export interface RestDeps extends HealthDeps {
  readonly gate: GateDeps;
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
  readonly documents: DocumentStore;
  readonly usage: UsageStore;
  /** Opens what stands below /admin. */
  readonly isAdmin: AdminCheck;
  readonly logger: Logger;
  /** API_V1_STR, without a slash at its end. */
  readonly apiPrefix: string;
  /** Aborts when the server begins to go down: who follows a chat is sent away at its next pause. */
  readonly draining: AbortSignal;
  /** Aborts when the server goes down: what waits or streams ends, and clients come back. */
  readonly stopping: AbortSignal;
  /** Abort when a tenant is no longer served: its streams end. */
  readonly tenantSignals: TenantSignals;
  /** The metrics in the text format of Prometheus. */
  readonly printMetrics: () => Promise<string>;
  /** The folder that the element is built to; each of its files is served at the root. */
  readonly elementDir: string;
}

export type Rest = OpenAPIHono<HttpEnv>;
