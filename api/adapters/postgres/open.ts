import { defineConfig, MikroORM } from "@mikro-orm/postgresql";
import type { BudgetStore } from "../../core/answering/budget.ts";
import type { ChatStore, Clock, Logger, UsageStore } from "../../core/ports.ts";
import type { DocumentStore } from "../../core/documents/document-store.ts";
import type { Retriever, SentenceScorer } from "../../core/documents/retriever.ts";
import type { LeaseStore } from "../../core/turns/lease-store.ts";
import type { TurnStop, TurnStore } from "../../core/turns/turn-store.ts";
import { createAccessStores, type AccessStores } from "./access-stores.ts";
import { createBudgetStore } from "./budget-store.ts";
import { createChatStore } from "./chat-store.ts";
import { createDocumentStore } from "./document-store.ts";
import { expireLeases, lockDatabase } from "./database-lock.ts";
import { createLeaseStore } from "./lease-store.ts";
import { openListener, type Listener } from "./listener.ts";
import { publicEntities } from "./public-entities.ts";
import { preparePublic } from "./public-schema.ts";
import { createRetriever } from "./retriever.ts";
import { freeLostConnections } from "./pool.ts";
import { tenantEntities } from "./tenant-entities.ts";
import { createTenantWork, type TenantWork } from "./tenant-work.ts";
import { createTurnStore } from "./turn-store.ts";
import { parseStop, stopChannel } from "./turn-stops.ts";
import { createUsageStore } from "./usage-store.ts";

export interface PostgresOptions {
  /** Of the login that serves requests, such as postgres://miptech:…@localhost:5432/miptech. */
  readonly url: string;
  readonly poolSize: number;
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
  /** Told at the start, and whenever announcements may have been missed. */
  readonly onListening: () => void;
  /** Whether other processes may serve the database too; they must share it as well. */
  readonly isShared: boolean;
}

export interface Postgres extends AccessStores {
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly budgets: BudgetStore;
  readonly leases: LeaseStore;
  readonly documents: DocumentStore;
  readonly retriever: Retriever & SentenceScorer;
  readonly usage: UsageStore;
  readonly work: TenantWork;
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
  const { url, clock, logger } = options;
  const roles = await preparePublic(url);
  const orm = await MikroORM.init(ormConfig(options));
  const leases = createLeaseStore(orm, url, logger);
  let listener: Listener | undefined;
  const {
    channels,
    forget,
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
    const work = createTenantWork(orm, url, roles);
    const connections = [listener, leases, { close: () => orm.close(true) }];
    return {
      ...access,
      chats: createChatStore(work),
      turns: createTurnStore(work),
      budgets: createBudgetStore(work),
      leases,
      documents: createDocumentStore(work),
      retriever: createRetriever(work),
      usage: createUsageStore(work),
      work,
      warning: roles.warning,
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

function ormConfig({ url, poolSize, logger }: PostgresOptions) {
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
      onPoolCreated: freeLostConnections,
    },
    ignoreUndefinedInQuery: true,
    logger: (text) => logger.debug({}, text),
  });
}
