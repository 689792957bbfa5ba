import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { request } from "node:http";
import { startOrphanWatch } from "../../scripts/cluster/orphan-watch.ts";
import { createTestDatabase, startTestPostgres, type PostgresAdmin } from "../support/postgres.ts";
import { makeTestFolder } from "../support/test-folder.ts";
import { startModel, type Model } from "./model.ts";
import { startProxy, type Proxy } from "./proxy.ts";
import { startRedisServer, type RedisServer } from "./redis-server.ts";
import { createServerProcess, type ServerProcess } from "./server-process.ts";
import { openStoredTurns, type StoredTurns } from "./stored-turns.ts";
import { watchTurns, type TurnWatch } from "./turn-watch.ts";

export interface WorldOptions {
  readonly processes: number;
  /** The folder with api/ in it. */
  readonly build: string;
  /** A PostgreSQL that runs; without it one is started. */
  readonly postgres: PostgresAdmin | undefined;
  /** Told of a server that ended although nobody asked for it. */
  readonly onServerFailure: (text: string) => void;
}

/** All that takes part but the clients: servers, proxies, PostgreSQL, Redis, the model. */
export interface World {
  /** Holds the logs; `close` leaves it where `keepLogs` was set. */
  readonly folder: string;
  keepLogs: boolean;
  readonly servers: readonly ServerProcess[];
  /** One before each server. */
  readonly proxies: readonly Proxy[];
  readonly redis: RedisServer;
  readonly model: Model;
  readonly stored: StoredTurns;
  readonly watch: TurnWatch;
  readonly tenants: readonly string[];
}

export const tenantIds = ["fault-one", "fault-two", "fault-three"];

/** How long a server lets running turns finish when it is asked to stop. */
const shutdownGraceMs = 1500;

/** Opens all of it onto `opened`, which closes it. */
export async function openWorld(
  opened: AsyncDisposableStack,
  options: WorldOptions,
): Promise<World> {
  const folder = await makeTestFolder("faults");
  opened.defer(async () => {
    if (!world.keepLogs) await rm(folder, { recursive: true });
  });
  const orphans = startOrphanWatch();
  opened.defer(() => orphans.close());
  const admin = options.postgres ?? (await startPostgres(opened));
  const database = await createTestDatabase(admin);
  opened.defer(() => database.drop());
  const redis = await startRedisServer(orphans);
  opened.defer(() => redis.close());
  const model = await startModel();
  opened.defer(() => model.close());

  const proxies: Proxy[] = [];
  const servers: ServerProcess[] = [];
  await mkdir(join(folder, "data"));
  for (let index = 0; index < options.processes; index += 1) {
    const proxy = await startProxy();
    opened.defer(() => proxy.close());
    proxies.push(proxy);
    const env = serverEnv(join(folder, "data"), database.url, redis.url, model.baseUrl);
    const { build, onServerFailure: onFailure } = options;
    const server = createServerProcess({ index, build, env, folder, proxy, orphans, onFailure });
    opened.defer(() => server.close());
    servers.push(server);
    await server.start();
  }
  const login = new URL(database.url).username;
  const stored = await openStoredTurns(database.adminUrl, login);
  opened.defer(() => stored.close());
  await stored.addTenants(tenantIds);
  for (const tenantId of tenantIds) await makeSchema(proxies[0], tenantId);
  const watch = watchTurns(stored);
  opened.defer(() => watch.close());
  const world: World = {
    folder,
    keepLogs: false,
    servers,
    proxies,
    redis,
    model,
    stored,
    watch,
    tenants: tenantIds,
  };
  return world;
}

async function startPostgres(opened: AsyncDisposableStack): Promise<PostgresAdmin> {
  const postgres = await startTestPostgres();
  opened.defer(() => postgres.close());
  return postgres.admin;
}

/** The settings alone, not those of the person who runs this. */
function serverEnv(
  dataDir: string,
  databaseUrl: string,
  redisUrl: string,
  modelUrl: string,
): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    DATA_DIR: dataDir,
    HOST: "127.0.0.1",
    PORT: "0",
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    OPENAI_BASE_URL: modelUrl,
    OPENAI_MODEL: "gpt-4o-mini",
    SECRET_KEY: "s".repeat(40),
    JWT_SECRET_KEY: "j".repeat(40),
    ADMIN_TOKEN: "a".repeat(40),
    RATE_LIMIT_ENABLED: "false",
    SHUTDOWN_GRACE_MS: String(shutdownGraceMs),
    ENABLE_STRUCTURED_LOGGING: "true",
    LOG_LEVEL: "info",
  };
}

/** The first use of a tenant makes its schema. */
function makeSchema(proxy: Proxy | undefined, tenantId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "x-tenant-id": tenantId };
    const asked = request(`${proxy?.origin}/api/v1/chat/`, {
      method: "POST",
      headers,
      agent: false,
    });
    asked.on("error", reject);
    asked.on("response", (response) => {
      response.resume();
      if (response.statusCode === 201) resolve();
      else reject(new Error(`A chat of ${tenantId} was answered with ${response.statusCode}`));
    });
    asked.end("{}");
  });
}
