import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Config } from "./config.ts";
import type { DocumentStore } from "./core/documents/document-store.ts";
import type { GateDeps } from "./core/gate.ts";
import type { AdminCheck, Clock, Logger, UsageStore } from "./core/ports.ts";
import { securityHeaders } from "./core/security-headers.ts";
import { createTenantSignals } from "./core/tenant-signals.ts";
import type { ReaderDeps } from "./core/turns/read-turn.ts";
import type { StartDeps } from "./core/turns/start-turn.ts";
import { within } from "./core/turns/persist.ts";
import { createGraphql } from "./graphql/server.ts";
import { graphqlPath } from "./graphql/yoga.ts";
import { createHttp, type Fetch, type Upgrade } from "./http.ts";
import type { Metrics } from "./metrics.ts";
import type { HealthChecks } from "./rest/health.ts";
import { createRest } from "./rest/router.ts";
import { createWsDoor, wsPaths } from "./ws/bind.ts";

export interface DoorsDeps {
  readonly config: Config;
  readonly version: string;
  readonly gate: GateDeps;
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
  readonly documents: DocumentStore;
  readonly usage: UsageStore;
  readonly isAdmin: AdminCheck;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly checkHealth: () => Promise<HealthChecks>;
}

/** All doors over one core, behind one `fetch` and one `upgrade`. */
export interface Doors {
  readonly fetch: Fetch;
  readonly upgrade: Upgrade;
  /** A tenant may have changed; undefined: any of them. Ends what a tenant has open that is no longer served. */
  receiveTenantChange(tenantId: string | undefined): void;
  /** From here on clients are told to come back: those that read nothing at once, the others when they have read. */
  drain(): void;
  /** Tells all that are left to come back, and waits until they are gone, at most a second. */
  close(): Promise<void>;
}

export function createDoors(deps: DoorsDeps): Doors {
  const { config, gate, start, reader, documents, usage, isAdmin, metrics, logger, clock } = deps;
  const draining = new AbortController();
  const stopping = new AbortController();
  const tenantSignals = createTenantSignals();
  const common = { gate, start, reader, logger, draining: draining.signal };
  const admin = { documents, usage, isAdmin };
  const streams = { stopping: stopping.signal, tenantSignals };
  const counts = {
    onConnect: metrics.connectionOpened,
    onDisconnect: metrics.connectionClosed,
  };

  const raw = createWsDoor({ ...common, ...counts });
  const graphql = createGraphql({
    ...common,
    ...counts,
    ...admin,
    ...streams,
    defaultTenantId: config.defaultTenantId,
  });
  const rest = createRest({
    ...common,
    ...admin,
    ...streams,
    version: deps.version,
    apiPrefix: config.apiPrefix,
    printMetrics: metrics.print,
    elementDir: join(import.meta.dirname, "../element/dist"),
    checkHealth: deps.checkHealth,
    isDraining: () => draining.signal.aborted,
  });
  const http = createHttp(
    {
      gate,
      logger,
      metrics,
      clock,
      apiPrefix: config.apiPrefix,
      defaultTenantId: config.defaultTenantId,
      allowCredentials: config.corsAllowCredentials,
      isDraining: () => draining.signal.aborted,
      isClosed: () => stopping.signal.aborted,
    },
    { rest, graphql: graphql.fetch },
  );
  const rawPaths = wsPaths(config.apiPrefix);

  async function closeUnserved(tenantId: string): Promise<void> {
    if (await gate.tenants.findTenant(tenantId)) return;
    raw.closeTenant(tenantId);
    graphql.closeTenant(tenantId);
    tenantSignals.close(tenantId);
  }

  return {
    fetch: http.fetch,
    upgrade(request, socket, head) {
      const path = request.url?.split("?", 1)[0] ?? "";
      if (rawPaths.has(path)) raw.upgrade(request, socket, head);
      else if (path === graphqlPath || path === `${graphqlPath}/`)
        graphql.upgrade(request, socket, head);
      else refuseUpgrade(socket);
    },
    receiveTenantChange(changed) {
      const open = changed
        ? [changed]
        : [...raw.tenantIds(), ...graphql.tenantIds(), ...tenantSignals.tenantIds()];
      for (const tenantId of new Set(open)) {
        closeUnserved(tenantId).catch((error: unknown) => {
          const fields = { err: error, tenant_id: tenantId };
          logger.warn(fields, "A changed tenant could not be read");
        });
      }
    },
    drain() {
      draining.abort();
      raw.drain();
      graphql.drain();
    },
    async close() {
      stopping.abort();
      // Streams have ended by now; what else is being answered still needs what is closed next.
      await Promise.all([raw.close(), graphql.close(), within(clock, 1000, http.settled())]);
    },
  };
}

/** Destroyed once it is said: a peer that never closes its half would hold the socket for ever. */
function refuseUpgrade(socket: Duplex): void {
  const headers = { Connection: "close", "Content-Length": "0", ...securityHeaders };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 404 Not Found\r\n${lines.join("")}\r\n`, () => socket.destroy());
}
