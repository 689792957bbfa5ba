import { defineConfig, MikroORM } from "@mikro-orm/postgresql";
import type { Pool } from "pg";
import type { WebSourceStore } from "../../core/web/web-source.ts";
import type { UnansweredStore } from "../../core/answering/unanswered.ts";
import type { BudgetStore } from "../../core/answering/budget.ts";
import type { ChatStore, Clock, Logger, UsageStore } from "../../core/ports.ts";
import type { DocumentStore } from "../../core/documents/document-store.ts";
import type { Retriever, SentenceScorer } from "../../core/documents/retriever.ts";
import type { ReadIndex } from "../../core/retrieval/search-index.ts";
import type { TextAnalyzer } from "../../core/retrieval/text-analyzer.ts";
import type { PassageFinder } from "../../core/retrieval/hybrid-retriever.ts";
import type { LeaseStore } from "../../core/turns/lease-store.ts";
import type { TurnStop, TurnStore } from "../../core/turns/turn-store.ts";
import { createAccessStores, type AccessStores } from "./access-stores.ts";
import { createBudgetStore } from "./budget-store.ts";
import { createChatStore } from "./chat-store.ts";
import type { ErasureStore } from "../../core/erasure/erasure.ts";
import { createErasureStore } from "./erasure-store.ts";
import { createReceipts } from "./erasure-rows.ts";
import type { EmbeddedDocuments } from "../../core/documents/embedded-documents.ts";
import type { DocumentIndexer } from "../../core/documents/index-documents.ts";
import type { IngestionStore } from "../../core/documents/ingestion.ts";
import { createDocumentStore } from "./document-store.ts";
import { createIngestionStore } from "./ingestion-store.ts";
import { createEmbeddedDocuments } from "./embedded-documents.ts";
import { createIndexing } from "./indexing.ts";
import { createOutbox, type ExecuteSql, type JobTables } from "./job-outbox.ts";
import { documentChannel, parseDocumentChange } from "./document-changes.ts";
import { expireLeases, lockDatabase } from "./database-lock.ts";
import { createLeaseStore } from "./lease-store.ts";
import { translateError } from "./errors.ts";
import { openListener, type Listener } from "./listener.ts";
import { publicEntities } from "./public-entities.ts";
import { preparePublic } from "./public-schema.ts";
import { noteStreams } from "./places.ts";
import { createPassageFinder } from "./passages-by-id.ts";
import { createReindexer } from "./reindex.ts";
import { createRetriever } from "./retriever.ts";
import { freeLostConnections } from "./pool.ts";
import { tenantEntities } from "./tenant-entities.ts";
import { createTenantShare } from "./tenant-share.ts";
import { createTenantWork, timeLimits, type TenantWork } from "./tenant-work.ts";
import { createTurnStore } from "./turn-store.ts";
import { parseStop, stopChannel } from "./turn-stops.ts";
import { createUnansweredStore } from "./unanswered-store.ts";
import { createWebSourceStore } from "./web-source-store.ts";
import { createUsageStore } from "./usage-store.ts";

export interface PostgresOptions {
  /** Of the login that serves requests, such as postgres://miptech:…@localhost:5432/miptech. */
  readonly url: string;
  readonly poolSize: number;
  readonly analyzer: TextAnalyzer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each tenant that was changed, by us or with psql; undefined: all tenants, keys and users may have been. */
  readonly onTenantChange: (tenantId: string | undefined) => void;
  /** Told of each API key that was added, changed or deleted; not of its use. */
  readonly onKeyChange: (keyId: string) => void;
  /** Told of each user that was added, changed or deleted, also of a change of their id of the host site. */
  readonly onUserChange: (userId: string) => void;
  /** Told of each turn that any process wants stopped, and of each chat that is deleted. */
  readonly onTurnStop: (stop: TurnStop) => void;
  /** Told of each change of a document's version, by whichever process. */
  readonly onDocumentChange: (tenantId: string, documentId: string) => void;
  /** Told at the start, and whenever announcements may have been missed. */
  readonly onListening: () => void;
  /** Makes the job queue. @param execute runs SQL as the login, once the database is open. */
  readonly jobs: (execute: ExecuteSql) => JobTables;
  /** Told when jobs were sent by this process. */
  readonly onJobs: () => void;
  /** Whether other processes may serve the database too; they must share it as well. */
  readonly isShared: boolean;
}

export interface Postgres extends AccessStores {
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly budgets: BudgetStore;
  readonly leases: LeaseStore;
  readonly documents: DocumentStore;
  readonly ingestions: IngestionStore;
  readonly indexer: DocumentIndexer;
  readonly erasures: ErasureStore;
  readonly retriever: Retriever & SentenceScorer & { readonly readIndex: ReadIndex };
  readonly passages: PassageFinder;
  readonly embedded: EmbeddedDocuments;
  readonly usage: UsageStore;
  readonly unanswered: UnansweredStore;
  readonly webSources: WebSourceStore;
  readonly work: TenantWork;
  /** Runs SQL as the login, outside of any tenant. */
  readonly execute: ExecuteSql;
  readonly warning: string | undefined;
  /** @throws when the database doesn't answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Brings public to the head, takes the lock of who serves the database, and opens the pool. Who has the
 * lock alone knows that all others are dead, and ends their leases at once.
 * @throws DatabaseInUseError
 */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  const { url, analyzer, clock, logger } = options;
  let pool: Pool | undefined;
  const execute: ExecuteSql = async (text, values) => {
    // The ORM makes its pool at its first query.
    if (!pool) await orm.em.fork().execute("select 1");
    if (!pool) throw new Error("The database has no pool of connections");
    return executeSql(pool, text, values);
  };
  const jobs = options.jobs(execute);
  const { roles, trigrams } = await preparePublic(url, jobs);
  const orm = await MikroORM.init(ormConfig(options, (created) => (pool = created)));
  const leases = createLeaseStore(orm, url, logger);
  let listener: Listener | undefined;
  const {
    channels,
    forget,
    erasing,
    close: closeAccess,
    ...access
  } = createAccessStores(orm, options, () => listener?.isConnected ?? false);
  try {
    listener = await openListener({
      url,
      clock,
      logger,
      channels: {
        ...channels,
        [stopChannel](payload) {
          const stop = parseStop(payload);
          if (stop) options.onTurnStop(stop);
          else logger.warn({ payload }, "An announcement that nobody understands");
        },
        [documentChannel](payload) {
          const change = parseDocumentChange(payload);
          if (change) options.onDocumentChange(change.tenantId, change.documentId);
        },
      },
      async onConnect(client, isFirst) {
        await lockDatabase(client, options.isShared);
        if (isFirst && !options.isShared) await expireLeases(client);
      },
      onListening() {
        forget();
        options.onTenantChange(undefined);
        options.onListening();
      },
    });
    const hasStreams = await noteStreams(erasing.publicWork, options.isShared);
    const work = createTenantWork(orm, url, roles);
    const sendJobs = createOutbox(roles, jobs);
    const onSend = options.onJobs;
    const keepReceipt = createReceipts(roles, sendJobs);
    const { version } = analyzer;
    const indexing = createIndexing({ work, version, sendJobs, onSend, clock, logger });
    const share = createTenantShare(
      Math.max(1, Math.floor(options.poolSize / 4)),
      timeLimits.statement_timeout,
    );
    const documentDeps = { work, analyzer, sendJobs, onSend, keepReceipt, share };
    const connections = [listener, leases, { close: () => orm.close(true) }];
    return {
      ...access,
      chats: createChatStore(work, { keep: keepReceipt, hasStreams, onSend }),
      turns: createTurnStore(work),
      budgets: createBudgetStore(work),
      leases,
      documents: createDocumentStore(documentDeps),
      ingestions: createIngestionStore(documentDeps),
      erasures: createErasureStore({ ...erasing, url, work, roles, jobs, onSend }),
      indexer: createReindexer({ url, work, analyzer, sendJobs }),
      retriever: createRetriever(work, { analyzer, trigrams: trigrams.schema, indexing }),
      passages: createPassageFinder(work),
      embedded: createEmbeddedDocuments({ work, sendJobs, onSend, clock, logger }),
      usage: createUsageStore(work),
      unanswered: createUnansweredStore(work),
      webSources: createWebSourceStore(documentDeps),
      work,
      execute,
      warning: joinWarnings(roles.warning, trigrams.warning),
      async ping() {
        await orm.em.fork().execute("select 1");
      },
      async close() {
        await closeInTime(closeAccess(), options);
        await Promise.all(connections.map((one) => closeInTime(one.close(), options)));
      },
    };
  } catch (error) {
    await leases.close();
    await orm.close(true);
    throw error;
  }
}

function joinWarnings(...warnings: readonly (string | undefined)[]): string | undefined {
  return warnings.filter((one) => one !== undefined).join("; ") || undefined;
}

const longestCloseMs = 2500;

/** A server that is out of reach never takes leave of us: it is not waited for. */
async function closeInTime(
  closing: Promise<void>,
  { clock, logger }: PostgresOptions,
): Promise<void> {
  let cancelTimer = (): void => undefined;
  const late = new Promise<void>((resolve) => {
    cancelTimer = clock.after(longestCloseMs, () => {
      logger.warn({}, "A connection to the database could not be closed in time");
      resolve();
    });
  });
  try {
    await Promise.race([closing, late]);
  } finally {
    cancelTimer();
  }
}

async function executeSql(pool: Pool, text: string, values?: unknown[]) {
  try {
    return await pool.query<object>(text, values);
  } catch (error) {
    throw translateError(error);
  }
}

/** How all connect. @param onPoolCreated told when the ORM makes its pool, which is at its first query. */
export function ormConfig(
  { url, poolSize, logger }: Pick<PostgresOptions, "url" | "poolSize" | "logger">,
  onPoolCreated: (pool: Pool) => void,
) {
  return defineConfig({
    clientUrl: url,
    entities: [...publicEntities, ...tenantEntities],
    // A query that names no tenant must fail, never read public.
    schema: "no_tenant",
    pool: { min: 0, max: poolSize },
    driverOptions: {
      // Of the address itself the ORM takes host, login and database alone, and TLS is not one of these.
      connectionString: url,
      connectionTimeoutMillis: 5000,
      query_timeout: 30_000,
      keepAlive: true,
      onPoolCreated(pool: Pool) {
        freeLostConnections(pool);
        onPoolCreated(pool);
      },
    },
    ignoreUndefinedInQuery: true,
    logger: (text) => logger.debug({}, text),
  });
}
