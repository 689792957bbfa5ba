import { defineConfig, MikroORM } from "@mikro-orm/postgresql";
import pg from "pg";
import type { ChatStore, Clock, Logger, UsageStore } from "../../core/ports.ts";
import type { DocumentStore } from "../../core/documents/document-store.ts";
import type { Retriever, SentenceScorer } from "../../core/documents/retriever.ts";
import type { TurnStore } from "../../core/turns/turn-store.ts";
import { StartError } from "../../core/errors.ts";
import { createChatStore } from "./chat-store.ts";
import { createDocumentStore } from "./document-store.ts";
import { sqlState } from "./errors.ts";
import { openListener } from "./listener.ts";
import { migrateSchema } from "./migrate.ts";
import { publicEntities } from "./public-entities.ts";
import { createRetriever } from "./retriever.ts";
import { freeLostConnections } from "./pool.ts";
import { prepareRoles, type Roles } from "./roles.ts";
import { tenantEntities } from "./tenant-entities.ts";
import { createTenantStore, type CachedTenantStore } from "./tenant-store.ts";
import { createTenantWork, type TenantWork } from "./tenant-work.ts";
import { createTurnStore } from "./turn-store.ts";
import { createUsageStore } from "./usage-store.ts";

export interface PostgresOptions {
  /** Of the login that serves requests, such as postgres://miptech:…@localhost:5432/miptech. */
  readonly url: string;
  readonly poolSize: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each tenant that was changed, by us or with psql; undefined: any of them may have been. */
  readonly onTenantChange: (tenantId: string | undefined) => void;
}

export interface Postgres {
  readonly tenants: CachedTenantStore;
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly documents: DocumentStore;
  readonly retriever: Retriever & SentenceScorer;
  readonly usage: UsageStore;
  readonly work: TenantWork;
  readonly warning: string | undefined;
  /** @throws when the database doesn't answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Another process serves this database already. */
export class DatabaseInUseError extends StartError {
  constructor() {
    super(
      "Another process serves this database already. Stop it first, or set POSTGRES_DB to another database.",
    );
  }
}

/**
 * Brings public to the head, takes the lock of the one process that serves a database, and opens the pool.
 * @throws DatabaseInUseError
 */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  const { url, clock, logger } = options;
  const roles = await preparePublic(url);
  const orm = await MikroORM.init(ormConfig(options));
  let tenants: CachedTenantStore | undefined;
  try {
    const listener = await openListener({
      url,
      channel: "tenant_changed",
      clock,
      logger,
      onNotice: (tenantId) => {
        tenants?.forget(tenantId);
        options.onTenantChange(tenantId);
      },
      onConnect: async (client) => {
        await lockDatabase(client);
        tenants?.forget();
        options.onTenantChange(undefined);
      },
    });
    tenants = createTenantStore(orm, clock, () => listener.isConnected);
    const work = createTenantWork(orm, url, roles);
    return {
      tenants,
      chats: createChatStore(work),
      turns: createTurnStore(work),
      documents: createDocumentStore(work),
      retriever: createRetriever(work),
      usage: createUsageStore(work),
      work,
      warning: roles.warning,
      async ping() {
        await orm.em.fork().execute("select 1");
      },
      async close() {
        await listener.close();
        await orm.close(true);
      },
    };
  } catch (error) {
    await orm.close(true);
    throw error;
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
      connectionTimeoutMillis: 5000,
      query_timeout: 30_000,
      keepAlive: true,
      onPoolCreated: freeLostConnections,
    },
    ignoreUndefinedInQuery: true,
    logger: (text) => logger.debug({}, text),
  });
}

/** Roles and the public schema, under a lock: several processes may start at once. */
async function preparePublic(url: string): Promise<Roles> {
  const client = await connectFirst(url);
  try {
    await client.query("select pg_advisory_lock(hashtext('miptech public schema'))");
    const roles = await prepareRoles(client);
    await migrateSchema(url, roles.owner, "public");
    if (roles.owner) await grantPublic(client, roles.owner, roles.login);
    return roles;
  } finally {
    await client.end();
  }
}

/** @throws StartError that names the server, and never the password. */
async function connectFirst(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A connection that is lost while it idles is noticed at its next query.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("set lock_timeout = '60s'");
    return client;
  } catch (error) {
    const { host, pathname } = new URL(url);
    const reason = sqlState(error) ?? (error instanceof Error ? error.message : String(error));
    throw new StartError(`PostgreSQL at ${host}${pathname} can't be used: ${reason}`, {
      cause: error,
    });
  }
}

/** What the login may do with the tables of public: read and write, not change them. */
async function grantPublic(client: pg.Client, owner: string, login: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tableowner = $1",
    [owner],
  );
  if (rows.length === 0) return;
  const tables = rows.map(({ name }) => `public.${pg.escapeIdentifier(name)}`).join(", ");
  await client.query("begin");
  await client.query(`set local role ${pg.escapeIdentifier(owner)}`);
  await client.query(
    `grant select, insert, update, delete on ${tables} to ${pg.escapeIdentifier(login)}`,
  );
  await client.query("commit");
}

/** Held by the session that listens. A killed process' session can outlive it for a moment. */
async function lockDatabase(client: pg.Client): Promise<void> {
  await client.query("set lock_timeout = '3s'");
  try {
    await client.query("select pg_advisory_lock(hashtext('miptech server'))");
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === "55P03") throw new DatabaseInUseError();
    throw error;
  }
}
