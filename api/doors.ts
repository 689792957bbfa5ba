import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Config } from "./config.ts";
import type { WebAccess } from "./core/admin/web-source-admin.ts";
import type { AdminDeps } from "./core/admin/admin-deps.ts";
import type { DocumentStore } from "./core/documents/document-store.ts";
import type { IngestionAccess } from "./core/documents/ingestion-access.ts";
import type { GateDeps } from "./core/access/gate.ts";
import type { AccessChange } from "./core/access/access-index.ts";
import { createOpenAccesses } from "./core/access/open-accesses.ts";
import type { UnansweredStore } from "./core/answering/unanswered.ts";
import type { Clock, Logger, UsageStore } from "./core/ports.ts";
import { securityHeaders } from "./core/security-headers.ts";
import type { ReaderDeps } from "./core/turns/read-turn.ts";
import type { StartDeps } from "./core/turns/start-turn.ts";
import { within } from "./core/turns/persist.ts";
import { createGraphql } from "./graphql/server.ts";
import { graphqlPath } from "./graphql/yoga.ts";
import { createClientAddress } from "./http/client-address.ts";
import { createProxyWarning } from "./http/proxy-warning.ts";
import { createHttp, type Fetch, type Upgrade } from "./http.ts";
import type { Metrics } from "./metrics.ts";
import type { HealthChecks } from "./rest/health.ts";
import { createRest } from "./rest/router.ts";
import { createWsDoor, wsPaths } from "./ws/bind.ts";
import { makeDocsFiles } from "./ws/docs/files.ts";
import { listPaths } from "./ws/paths.ts";

export interface DoorsDeps {
  readonly config: Config;
  readonly version: string;
  readonly gate: GateDeps;
  readonly start: StartDeps;
  readonly reader: ReaderDeps;
  readonly documents: DocumentStore;
  readonly ingestion: IngestionAccess;
  readonly usage: UsageStore;
  readonly unanswered: UnansweredStore;
  readonly web: WebAccess;
  readonly admin: AdminDeps;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly checkHealth: () => Promise<HealthChecks>;
}

/** All doors over one core, behind one `fetch` and one `upgrade`. */
export interface Doors {
  readonly fetch: Fetch;
  readonly upgrade: Upgrade;
  /** Looks anew at whom the change concerns, and ends what they have open when they are no longer let in. */
  receiveAccessChange(change: AccessChange): void;
  /** From here on clients are told to come back: those that read nothing at once, the others when they have read. */
  drain(): void;
  /** Tells all that are left to come back, and waits until they are gone, at most a second. */
  close(): Promise<void>;
}

export function createDoors(deps: DoorsDeps): Doors {
  const { config, gate, start, reader, documents, metrics, logger, clock } = deps;
  const { usage, unanswered } = deps;
  const draining = new AbortController();
  const stopping = new AbortController();
  const accesses = createOpenAccesses({ ...gate, logger });
  const common = {
    gate,
    accesses,
    start,
    reader,
    logger,
    draining: draining.signal,
    stopping: stopping.signal,
  };
  const administration = {
    documents,
    ingestion: deps.ingestion,
    usage,
    unanswered,
    web: deps.web,
    admin: deps.admin,
  };
  const counts = {
    onConnect: metrics.connectionOpened,
    onDisconnect: metrics.connectionClosed,
  };

  const clientAddress = createClientAddress(
    config.trustedProxies,
    config.isExposed ? createProxyWarning(clock, logger) : undefined,
  );
  const addressOf = ({ socket, headers }: IncomingMessage) =>
    clientAddress(socket.remoteAddress, headers["x-forwarded-for"]);

  const raw = createWsDoor({ ...common, ...counts, addressOf });
  const graphql = createGraphql({
    ...common,
    ...counts,
    ...administration,
    addressOf,
    defaultTenantId: config.defaultTenantId,
  });
  const rest = createRest({
    ...common,
    ...administration,
    version: deps.version,
    apiPrefix: config.apiPrefix,
    printMetrics: metrics.print,
    docsFiles: makeDocsFiles({ version: deps.version, paths: listPaths(config.apiPrefix) }),
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
      clientAddress,
      isDraining: () => draining.signal.aborted,
      isClosed: () => stopping.signal.aborted,
    },
    { rest, graphql: graphql.fetch },
  );
  const rawPaths = wsPaths(config.apiPrefix);

  return {
    fetch: http.fetch,
    upgrade(request, socket, head) {
      const path = request.url?.split("?", 1)[0] ?? "";
      if (rawPaths.has(path)) raw.upgrade(request, socket, head);
      else if (path === graphqlPath || path === `${graphqlPath}/`)
        graphql.upgrade(request, socket, head);
      else refuseUpgrade(socket);
    },
    receiveAccessChange: accesses.change,
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
