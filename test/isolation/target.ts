import { defineConfig, MikroORM, type EntityManager } from "@mikro-orm/postgresql";
import pg from "pg";
import { tenantSchema } from "../../api/core/tenant.ts";
import { createChatStore } from "../../api/adapters/postgres/chat-store.ts";
import { createDocumentStore } from "../../api/adapters/postgres/document-store.ts";
import { createReceipts } from "../../api/adapters/postgres/erasure-rows.ts";
import { createLeaseStore } from "../../api/adapters/postgres/lease-store.ts";
import { openPostgres } from "../../api/adapters/postgres/open.ts";
import { freeLostConnections } from "../../api/adapters/postgres/pool.ts";
import { createTextAnalyzer } from "../../api/adapters/text-analysis/analyzer.ts";
import { publicEntities } from "../../api/adapters/postgres/public-entities.ts";
import { createIndexing } from "../../api/adapters/postgres/indexing.ts";
import { createRetriever } from "../../api/adapters/postgres/retriever.ts";
import { prepareRoles, roleName } from "../../api/adapters/postgres/roles.ts";
import { tenantEntities } from "../../api/adapters/postgres/tenant-entities.ts";
import { systemClock } from "../../api/adapters/system/clock.ts";
import { createTenantWork } from "../../api/adapters/postgres/tenant-work.ts";
import { createTurnStore } from "../../api/adapters/postgres/turn-store.ts";
import { createPgBossJobs } from "../../api/adapters/pg-boss/jobs.ts";
import { createOutbox } from "../../api/adapters/postgres/job-outbox.ts";
import { query } from "../../api/adapters/postgres/raw-query.ts";
import { postgresOptions } from "../support/open-postgres.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { sharedRecordLogger } from "../support/record/parts.ts";
import type { Target } from "./scene.ts";

/** The platform's adapter as it is opened by the platform, with one connection in its pool. */
export async function openAdapter(
  opened: AsyncDisposableStack,
  database: TestDatabase,
  admin: pg.Client,
) {
  const postgres = await openPostgres(
    postgresOptions(database.url, { poolSize: 1, logger: quiet }),
  );
  opened.defer(() => postgres.close());
  if (postgres.warning) throw new Error(postgres.warning);
  return { postgres, target: { ...postgres, ...surroundings(database, admin) } };
}

const pooledConnections = 4;

/**
 * The adapter's tenant work through a transaction pooler. What needs a session stays outside: the listener,
 * the migrations with their locks, and the renewal of leases.
 * @param poolerUrl of the same login and database as `database.url`.
 */
export async function openPooledAdapter(
  opened: AsyncDisposableStack,
  database: TestDatabase,
  poolerUrl: string,
  admin: pg.Client,
): Promise<Target> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const roles = await prepareRoles(client).finally(() => client.end());
  const orm = await MikroORM.init(
    defineConfig({
      clientUrl: poolerUrl,
      entities: [...publicEntities, ...tenantEntities],
      schema: "no_tenant",
      pool: { min: 0, max: pooledConnections },
      driverOptions: {
        connectionTimeoutMillis: 5000,
        query_timeout: 30_000,
        onPoolCreated: freeLostConnections,
      },
      ignoreUndefinedInQuery: true,
      logger: () => undefined,
    }),
  );
  opened.defer(() => orm.close(true));
  const leases = createLeaseStore(orm, database.url, quiet);
  opened.defer(() => leases.close());
  const work = createTenantWork(orm, database.url, roles);
  const analyzer = createTextAnalyzer();
  const jobs = createPgBossJobs((text, values) => runQuery(orm.em.fork(), text, values), quiet);
  const sendJobs = createOutbox(roles, jobs);
  const keep = createReceipts(roles, sendJobs);
  const receipts = { keep, hasStreams: false, onSend: () => undefined };
  return {
    chats: createChatStore(work, receipts),
    turns: createTurnStore(work),
    documents: createDocumentStore({
      work,
      analyzer,
      sendJobs,
      onSend: () => undefined,
      keepReceipt: receipts.keep,
      share: (_, run) => run(),
    }),
    retriever: createRetriever(work, {
      analyzer,
      trigrams: undefined,
      indexing: createIndexing({
        work,
        version: analyzer.version,
        sendJobs,
        onSend: () => undefined,
        clock: systemClock,
        logger: quiet,
      }),
    }),
    leases,
    work,
    ...surroundings(database, admin),
  };
}

async function runQuery(em: EntityManager, text: string, values?: unknown[]) {
  return { rows: await query(em, text, values) };
}

function surroundings({ url }: TestDatabase, admin: pg.Client) {
  const { username, pathname } = new URL(url);
  return {
    login: username,
    roleOf: (tenantId: string) => roleName(pathname.slice(1), tenantSchema(tenantId)),
    async terminate(pid: number): Promise<void> {
      const sql = "select pg_terminate_backend($1) as told";
      const { rows } = await admin.query<{ told: boolean }>(sql, [pid]);
      if (!rows[0]?.told) throw new Error(`The session ${pid} could not be ended`);
    },
  };
}

const ignore = () => undefined;
/** What the adapter says of connections that the run itself has killed. */
const quiet = sharedRecordLogger() ?? { debug: ignore, info: ignore, warn: ignore, error: ignore };
