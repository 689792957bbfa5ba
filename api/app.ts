import { createMemoryConnectionCounter } from "./adapters/memory/connections.ts";
import { createMemoryLimiter } from "./adapters/memory/limiter.ts";
import { createUserTokens } from "./adapters/jose/user-tokens.ts";
import { createVisitorTokens } from "./adapters/jose/visitor-tokens.ts";
import { createDocumentParser } from "./adapters/documents/parser.ts";
import { createPgBossJobs, type PgBossJobs } from "./adapters/pg-boss/jobs.ts";
import { createLogger } from "./adapters/pino/logger.ts";
import { openPostgres, type Postgres } from "./adapters/postgres/open.ts";
import { connectRedis, type RedisConnection } from "./adapters/redis/connect.ts";
import { createRedisConnectionCounter } from "./adapters/redis/connections.ts";
import { createRedisLimiter } from "./adapters/redis/limiter.ts";
import { createTenantKeys } from "./adapters/redis/tenant-keys.ts";
import { createRedisTurnStreams } from "./adapters/redis/turn-streams.ts";
import { createAdminCheck } from "./adapters/system/admin-token.ts";
import { systemClock } from "./adapters/system/clock.ts";
import { createSecrets } from "./adapters/system/secrets.ts";
import { createTextAnalyzer } from "./adapters/text-analysis/analyzer.ts";
import { createTokenCounter } from "./adapters/tokenizer/tokens.ts";
import { createAnswerer, nameModel } from "./answerers.ts";
import type { Config } from "./config.ts";
import { createOwnOrigin } from "./core/access/origins.ts";
import { createDocumentChanges } from "./core/documents/document-changes.ts";
import { syncDocuments, type DraftDocument } from "./core/documents/documents.ts";
import { resumeErasures } from "./core/erasure/erase.ts";
import type { JobRunner } from "./core/jobs/job-runner.ts";
import type { ConnectionCounter, Limiter } from "./core/limits/limiter.ts";
import { createStrangers } from "./core/limits/strangers.ts";
import type { Clock, Logger, TenantStore } from "./core/ports.ts";
import { explainRetrieval } from "./core/retrieval/explain-retrieval.ts";
import { shareAnswer } from "./core/shared-answer.ts";
import { lastWorkMs } from "./core/turns/turn-runner.ts";
import type { Tenant } from "./core/tenant.ts";
import { createDoors, type Doors } from "./doors.ts";
import type { Fetch, Upgrade } from "./http.ts";
import { runIngestion } from "./ingestion.ts";
import { createMetrics } from "./metrics.ts";
import { openRetrieval, type OpenRetrieval } from "./retrievers.ts";
import { openTurns, type Turns } from "./turns.ts";
import { openWeb } from "./web.ts";

export { describeError } from "./core/describe-error.ts";
export { StartError } from "./core/errors.ts";
export { securityHeaders } from "./core/security-headers.ts";

/** The whole platform, without a port: what a server listens with, and what tests drive. */
export interface App {
  readonly fetch: Fetch;
  readonly upgrade: Upgrade;
  readonly logger: Logger;
  readonly tenants: TenantStore;
  /** Whether Redis binds this process to others on the same database. */
  readonly hasRedis: boolean;
  /** The language model with its address; undefined when answers quote the documents. */
  readonly modelName: string | undefined;
  /** What embeds and keeps vectors; undefined when documents are searched by their words alone. */
  readonly vectorsName: string | undefined;
  /** What is odd about the search, for the start to say. */
  readonly searchWarning: string | undefined;
  /** What is odd about the database's rights, for the start to say. */
  readonly warning: string | undefined;
  /** Makes the documents of a tenant whose source begins with `prefix` those that are given. */
  syncDocuments(tenant: Tenant, prefix: string, documents: readonly DraftDocument[]): Promise<void>;
  /**
   * Not ready from here on. Clients that read nothing are told to come back, the others when they have read
   * their turns; turns that don't finish within the grace time are handed over. Once, however often it is called.
   */
  close(): Promise<void>;
}

export interface Overrides {
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export const version = "0.1.0";

/** How long what PostgreSQL and Redis have said of themselves is told to all who ask. */
const healthMs = 1000;

type Closer = () => Promise<unknown>;

/**
 * Opens the platform; what was opened is closed again when something can't be.
 * @param databaseUrl of the login that serves requests.
 * @throws DatabaseInUseError; Error when Redis is configured and doesn't answer.
 */
export async function createApp(
  config: Config,
  databaseUrl: string,
  overrides: Overrides = {},
): Promise<App> {
  const closers: Closer[] = [];
  try {
    return await compose(config, databaseUrl, overrides, closers);
  } catch (error) {
    await closeAll(closers.toReversed());
    throw error;
  }
}

/** The composition root. @param closers takes what closes the parts, in the order of their opening. */
async function compose(
  config: Config,
  databaseUrl: string,
  overrides: Overrides,
  closers: Closer[],
): Promise<App> {
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? createLogger(config.log);
  const tokens = await createTokenCounter();
  let running: Turns | undefined;
  let doors: Doors | undefined;
  let jobTables: PgBossJobs | undefined;
  let jobRunner: JobRunner | undefined;
  const changes = createDocumentChanges();
  const analyzer = createTextAnalyzer();

  const redis = config.redis ? await connectRedis(config.redis, logger) : undefined;
  if (redis) closers.push(redis.close);
  const postgres = await openPostgres({
    url: databaseUrl,
    analyzer,
    poolSize: config.database.poolSize,
    isShared: redis !== undefined,
    clock,
    logger,
    onTenantChange: (tenantId) =>
      doors?.receiveAccessChange(tenantId === undefined ? "any" : { tenantId }),
    onKeyChange: (keyId) => doors?.receiveAccessChange({ keyId }),
    onUserChange: (userId) => doors?.receiveAccessChange({ userId }),
    onTurnStop: (stop) => {
      running?.runner.stop(stop);
      // A chat that was deleted, also where that was not by a reader of ours.
      if (stop.messageId === undefined) running?.log.announceHere(stop.tenantId, stop.chatId);
    },
    onDocumentChange: changes.announce,
    jobs: (execute) => (jobTables = createPgBossJobs(execute, logger)),
    onJobs: () => jobRunner?.wake(),
    onListening: () => {
      changes.announceAll();
      running?.runner.checkStops().catch((error: unknown) => {
        logger.error({ err: error }, "It is unknown whether turns were cancelled meanwhile");
      });
    },
  });
  closers.push(postgres.close);

  const { chats, turns, tenants, documents, ingestions, retriever, usage, erasures } = postgres;
  const keys = redis && createTenantKeys(redis.redis);
  const metrics = createMetrics(() => running?.log.size ?? 0);
  const retrieval = await openRetrieval(config.vectors, {
    lexical: retriever,
    passages: postgres.passages,
    embedded: postgres.embedded,
    clock,
    logger,
  });
  const { vectors } = retrieval;
  const { maxBytes: maxDocumentBytes, maxTextBytes, slots } = config.documents;
  const jobs = await jobTables?.open(redis === undefined);
  if (!jobs) throw new Error("The database was opened without a job queue");
  closers.push(jobs.close);
  if (vectors) await erasures.noteVectors();
  await resumeErasures({ erasures, jobs });
  const parser = createDocumentParser({ text: maxTextBytes });
  const web = openWeb(config.web, postgres.webSources, clock);
  jobRunner = runIngestion({
    erasures,
    keys,
    tenants,
    documents,
    changes,
    ingestions,
    indexer: postgres.indexer,
    embedded: postgres.embedded,
    maxDocumentBytes,
    web,
    jobs,
    parser,
    vectors,
    clock,
    logger,
    slots,
  });
  let jobsClosing: Promise<void> | undefined;
  const closeJobs = () => (jobsClosing ??= jobRunner?.close(lastWorkMs));
  // Below it is done with the turns; a start that fails gets only as far as this.
  closers.push(async () => closeJobs());
  const answerer = await createAnswerer(config, { scorer: retriever, tokens, clock, logger });
  running = await openTurns({
    tenants,
    chats,
    turns,
    budgets: postgres.budgets,
    leases: postgres.leases,
    retriever: retrieval.retriever,
    answerer,
    tokens,
    clock,
    logger,
    leaseMs: config.leaseMs,
    streams: redis && createRedisTurnStreams(redis, { clock }),
    onEnd: (_job, finish) => metrics.turnEnded(finish),
  });
  closers.push(running.close);

  const { runner, reader, lease } = running;
  const limiter = createLimiter(redis, clock, logger);
  const connections = openConnectionCounter(redis, clock, logger, closers);
  const secrets = createSecrets();
  doors = createDoors({
    config,
    version,
    reader,
    documents,
    ingestion: {
      ingestions,
      changes,
      maxDocumentBytes,
      explain: (tenant, question, limit) =>
        explainRetrieval({ readIndex: retriever.readIndex, analyzer }, tenant, question, limit),
    },
    usage,
    unanswered: postgres.unanswered,
    web,
    metrics,
    clock,
    logger,
    gate: {
      tenants,
      keys: postgres.keys,
      users: postgres.users,
      tickets: postgres.tickets,
      secrets,
      isAdmin: createAdminCheck(config.adminToken),
      clock,
      limiter,
      strangers: createStrangers({ limiter, limits: config.limits, clock }),
      connections,
      visitorTokens: createVisitorTokens({
        secret: config.secretKey,
        previousSecret: config.previousSecretKey,
        clock,
      }),
      userTokens: createUserTokens({
        secret: config.jwtSecretKey,
        previousSecret: config.previousJwtSecretKey,
        allowPrivateJwks: config.allowPrivateJwks,
        clock,
        logger,
      }),
      limits: config.limits,
      origins: config.corsOrigins,
      ownOrigin: createOwnOrigin(config),
    },
    start: { chats: reader.chats, turns, runner, limiter, clock, lease },
    admin: {
      tenants: postgres.tenantAdmin,
      keys: postgres.keys,
      users: postgres.users,
      audit: postgres.audit,
      secrets,
      clock,
      erasing: { erasures, jobs, keys, vectors: vectors?.vectors, clock },
    },
    checkHealth: shareAnswer(clock, healthMs, () => checkHealth(postgres, redis, retrieval)),
  });
  const { fetch, upgrade, drain, close } = doors;
  let closing: Promise<void> | undefined;
  closers.push(
    close,
    // A database that has fallen silent is waited for once, by both.
    async () => void (await Promise.all([runner.close(config.shutdownGraceMs), closeJobs()])),
    async () => drain(),
  );

  return {
    fetch,
    upgrade,
    logger,
    tenants,
    hasRedis: redis !== undefined,
    modelName: nameModel(config.model),
    vectorsName: retrieval.name,
    searchWarning: retrieval.warning,
    warning: postgres.warning,
    syncDocuments: (tenant, prefix, drafts) =>
      syncDocuments(
        { documents, embed: vectors && ingestions.requeueDocument },
        tenant,
        prefix,
        drafts,
      ),
    close: () => (closing ??= closeAll(closers.toReversed())),
  };
}

/** Each in turn, whatever the one before did. @throws AggregateError of what went wrong. */
async function closeAll(closers: readonly Closer[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers) await close().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, "Not everything could be closed");
}

function createLimiter(redis: RedisConnection | undefined, clock: Clock, logger: Logger): Limiter {
  const memory = createMemoryLimiter(clock);
  return redis ? createRedisLimiter(redis.redis, { fallback: memory, clock, logger }) : memory;
}

function openConnectionCounter(
  redis: RedisConnection | undefined,
  clock: Clock,
  logger: Logger,
  closers: Closer[],
): ConnectionCounter {
  if (!redis) return createMemoryConnectionCounter();
  const counter = createRedisConnectionCounter(redis.redis, { clock, logger });
  closers.push(counter.close);
  return counter;
}

async function checkHealth(
  postgres: Postgres,
  redis: RedisConnection | undefined,
  retrieval: OpenRetrieval,
) {
  const state = (answer: Promise<void>) =>
    answer.then(() => "up" as const).catch(() => "down" as const);
  const [database, cache] = await Promise.all([
    state(postgres.ping()),
    redis ? state(redis.ping()) : ("memory" as const),
  ]);
  const isUp = retrieval.isUp();
  const vectors = isUp ? ("up" as const) : ("down" as const);
  return { database, redis: cache, ...(isUp !== undefined && { vectors }) };
}
