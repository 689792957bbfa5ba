import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { createMemoryLimiter } from "./adapters/memory/limiter.ts";
import { createVisitorTokens } from "./adapters/jose/visitor-tokens.ts";
import { createLogger } from "./adapters/pino/logger.ts";
import { openPostgres, type Postgres } from "./adapters/postgres/open.ts";
import { connectRedis, type RedisConnection } from "./adapters/redis/connect.ts";
import { createRedisLimiter } from "./adapters/redis/limiter.ts";
import { createAdminCheck } from "./adapters/system/admin-token.ts";
import { systemClock } from "./adapters/system/clock.ts";
import { createTokenCounter } from "./adapters/tokenizer/tokens.ts";
import { createAnswerer, nameModel } from "./answerers.ts";
import type { Config } from "./config.ts";
import { syncDocuments, type DraftDocument } from "./core/documents/documents.ts";
import type { GateDeps } from "./core/gate.ts";
import type { Clock, Limiter, Logger, TenantStore } from "./core/ports.ts";
import { recoverTurns } from "./core/turns/recover-turns.ts";
import type { Tenant } from "./core/tenant.ts";
import { createTenantSignals } from "./core/tenant-signals.ts";
import { createTurnLog } from "./core/turns/turn-log.ts";
import { createTurnRunner } from "./core/turns/turn-runner.ts";
import { createGraphql } from "./graphql/server.ts";
import { graphqlPath } from "./graphql/yoga.ts";
import { createHttp, type RequestInfo } from "./http.ts";
import { createMetrics } from "./metrics.ts";
import { createRest } from "./rest/router.ts";
import { createWsDoor, wsPaths } from "./ws/bind.ts";

export { StartError } from "./core/errors.ts";

/** The whole platform, without a port: what a server listens with, and what tests drive. */
export interface App {
  readonly fetch: (request: Request, info: RequestInfo) => Response | Promise<Response>;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly logger: Logger;
  readonly tenants: TenantStore;
  /** Whether rate limits are counted in Redis. */
  readonly hasRedis: boolean;
  /** The language model with its address; undefined when answers quote the documents. */
  readonly modelName: string | undefined;
  /** What is odd about the database's rights, for the start to say. */
  readonly warning: string | undefined;
  /** Makes the documents of a tenant whose source begins with `prefix` those that are given. */
  syncDocuments(tenant: Tenant, prefix: string, documents: readonly DraftDocument[]): Promise<void>;
  /** Takes over the turns that a dead process left behind. */
  recover(): Promise<void>;
  /** Not ready from here on; running turns finish within the grace time, then clients are told to come back. */
  close(): Promise<void>;
}

export interface Overrides {
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export const version = "0.1.0";

/**
 * The composition root.
 * @param databaseUrl of the login that serves requests.
 * @throws DatabaseInUseError; Error when Redis is configured and doesn't answer.
 */
export async function createApp(
  config: Config,
  databaseUrl: string,
  overrides: Overrides = {},
): Promise<App> {
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? createLogger(config.log);
  const tokens = await createTokenCounter();
  const redis = config.redis ? await connectRedis(config.redis, logger) : undefined;
  let onTenantChange = (_tenantId: string | undefined): void => undefined;
  let postgres: Postgres;
  try {
    postgres = await openPostgres({
      url: databaseUrl,
      poolSize: config.database.poolSize,
      clock,
      logger,
      onTenantChange: (tenantId) => onTenantChange(tenantId),
    });
  } catch (error) {
    await redis?.close();
    throw error;
  }
  const { chats, turns, tenants, documents, retriever, usage } = postgres;

  const owner = randomUUID();
  const log = createTurnLog();
  const metrics = createMetrics(() => log.size);
  const answerer = await createAnswerer(config, { scorer: retriever, tokens, clock, logger });
  const runner = createTurnRunner({
    turns,
    retriever,
    answerer,
    clock,
    logger,
    tokens,
    log,
    onEnd: (_job, finish) => metrics.turnEnded(finish),
  });
  const limiter = createLimiter(redis, clock, logger);
  const gate: GateDeps = {
    tenants,
    limiter,
    visitorTokens: createVisitorTokens({ secret: config.secretKey, clock }),
    limits: config.limits,
    origins: config.corsOrigins,
  };
  const isAdmin = createAdminCheck(config.adminToken);
  const start = { chats, turns, runner, limiter, clock, owner };
  const reader = { log, chats, clock };
  const stopping = new AbortController();
  const tenantSignals = createTenantSignals();

  const door = createWsDoor({
    gate,
    start,
    reader,
    logger,
    onConnect: metrics.connectionOpened,
    onDisconnect: metrics.connectionClosed,
  });
  const graphql = createGraphql({
    gate,
    start,
    reader,
    documents,
    usage,
    isAdmin,
    logger,
    defaultTenantId: config.defaultTenantId,
    stopping: stopping.signal,
    tenantSignals,
    onConnect: metrics.connectionOpened,
    onDisconnect: metrics.connectionClosed,
  });
  onTenantChange = (changed) => {
    const open = changed
      ? [changed]
      : [...door.tenantIds(), ...graphql.tenantIds(), ...tenantSignals.tenantIds()];
    for (const tenantId of new Set(open)) {
      tenants.findTenant(tenantId).then(
        (tenant) => {
          if (tenant) return;
          door.closeTenant(tenantId);
          graphql.closeTenant(tenantId);
          tenantSignals.close(tenantId);
        },
        (error: unknown) =>
          logger.warn({ err: error, tenant_id: tenantId }, "A changed tenant could not be read"),
      );
    }
  };
  const rest = createRest({
    gate,
    start,
    reader,
    documents,
    usage,
    isAdmin,
    logger,
    version,
    apiPrefix: config.apiPrefix,
    stopping: stopping.signal,
    tenantSignals,
    printMetrics: metrics.print,
    elementDir: join(import.meta.dirname, "../element/dist"),
    checkHealth: () => checkHealth(postgres, redis),
    isDraining: () => runner.isClosing,
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
    },
    { rest, graphql: graphql.fetch },
  );
  const socketPaths = wsPaths(config.apiPrefix);

  return {
    fetch: http.fetch,
    upgrade(request, socket, head) {
      const path = request.url?.split("?", 1)[0] ?? "";
      if (socketPaths.has(path)) door.upgrade(request, socket, head);
      else if (path === graphqlPath || path === `${graphqlPath}/`)
        graphql.upgrade(request, socket, head);
      else refuseUpgrade(socket);
    },
    logger,
    tenants,
    hasRedis: redis !== undefined,
    modelName: nameModel(config.model),
    warning: postgres.warning,
    syncDocuments: (tenant, prefix, drafts) => syncDocuments({ documents }, tenant, prefix, drafts),
    recover: () =>
      recoverTurns({
        tenants,
        turns,
        runner,
        tokens,
        clock,
        logger,
        owner,
        stopping: stopping.signal,
      }),
    async close() {
      await closeAll([
        () => runner.close(config.shutdownGraceMs),
        async () => stopping.abort(),
        () => Promise.all([door.close(), graphql.close()]),
        () => postgres.close(),
        async () => redis?.close(),
      ]);
    },
  };
}

/** Destroyed once it is said: a peer that never closes its half would hold the socket for ever. */
function refuseUpgrade(socket: Duplex): void {
  const answer = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  socket.end(answer, () => socket.destroy());
}

/** Each in turn, whatever the one before did. @throws AggregateError of what went wrong. */
async function closeAll(closers: readonly (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers) await close().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, "Not everything could be closed");
}

function createLimiter(redis: RedisConnection | undefined, clock: Clock, logger: Logger): Limiter {
  const memory = createMemoryLimiter(clock);
  return redis ? createRedisLimiter(redis.redis, { fallback: memory, clock, logger }) : memory;
}

async function checkHealth(postgres: Postgres, redis: RedisConnection | undefined) {
  const state = (answer: Promise<void>) =>
    answer.then(() => "up" as const).catch(() => "down" as const);
  const [database, cache] = await Promise.all([
    state(postgres.ping()),
    redis ? state(redis.ping()) : ("memory" as const),
  ]);
  return { database, redis: cache };
}
