import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { request } from "node:http";
import { startOrphanWatch } from "../../scripts/cluster/orphan-watch.ts";
import { createTestDatabase, startTestPostgres, type PostgresAdmin } from "../support/postgres.ts";
import { noteMessages } from "../support/record/messages.ts";
import { openOutputRecord, recordedLogging } from "../support/record/output.ts";
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
  readonly logs: {
    readonly folder: string;
    /** The folder stays when all is closed. */
    isKept: boolean;
  };
  readonly servers: readonly ServerProcess[];
  /** One before each server. */
  readonly proxies: readonly Proxy[];
  /** Between each server and what it works with. */
  readonly links: readonly { readonly postgres: Proxy; readonly redis: Proxy }[];
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
  const logs = { folder, isKept: false };
  opened.defer(async () => {
    if (!logs.isKept) await rm(folder, { recursive: true });
  });
  const orphans = startOrphanWatch();
  opened.defer(() => orphans.close());
  const admin = options.postgres ?? (await startPostgres(opened));
  const database = await createTestDatabase(admin);
  opened.defer(() => database.drop());
  const record = openOutputRecord("servers");
  opened.defer(() => noteMessages(database.adminUrl, record.files));
  const redis = await startRedisServer(folder, orphans);
  opened.defer(() => redis.close());
  const model = await startModel();
  opened.defer(() => model.close());

  const openProxy = async (target?: string) => {
    const proxy = await startProxy(target === undefined ? undefined : portOf(target));
    opened.defer(() => proxy.close());
    return proxy;
  };
  const proxies: Proxy[] = [];
  const links: World["links"][number][] = [];
  const servers: ServerProcess[] = [];
  await mkdir(join(folder, "data"));
  for (let index = 0; index < options.processes; index += 1) {
    const proxy = await openProxy();
    const link = { postgres: await openProxy(database.url), redis: await openProxy(redis.url) };
    const env = {
      ...fixedEnv,
      ...recordedLogging(),
      PATH: process.env["PATH"] ?? "",
      DATA_DIR: join(folder, "data"),
      DATABASE_URL: through(link.postgres, database.url),
      REDIS_URL: through(link.redis, redis.url),
      OPENAI_BASE_URL: model.baseUrl,
    };
    const { build, onServerFailure: onFailure } = options;
    const where = { build, env, folder, record, proxy };
    const server = createServerProcess({ index, ...where, orphans, onFailure });
    opened.defer(() => server.close());
    proxies.push(proxy);
    links.push(link);
    servers.push(server);
    await server.start();
  }
  const login = new URL(database.url).username;
  const stored = openStoredTurns(database.adminUrl, login);
  opened.defer(() => stored.close());
  await stored.addTenants(tenantIds);
  for (const tenantId of tenantIds) await makeSchema(proxies[0], tenantId);
  const watch = watchTurns(stored);
  opened.defer(() => watch.close());
  return { logs, servers, proxies, links, redis, model, stored, watch, tenants: tenantIds };
}

async function startPostgres(opened: AsyncDisposableStack): Promise<PostgresAdmin> {
  const postgres = await startTestPostgres();
  opened.defer(() => postgres.close());
  return postgres.admin;
}

/** Beside these and the addresses a server has no settings: not those of the person who runs this. */
const fixedEnv = {
  HOST: "127.0.0.1",
  PORT: "0",
  OPENAI_MODEL: "gpt-4o-mini",
  SECRET_KEY: "s".repeat(40),
  JWT_SECRET_KEY: "j".repeat(40),
  ADMIN_TOKEN: "a".repeat(40),
  RATE_LIMIT_ENABLED: "false",
  SHUTDOWN_GRACE_MS: String(shutdownGraceMs),
  ENABLE_STRUCTURED_LOGGING: "true",
  LOG_LEVEL: "info",
};

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** The address with the proxy's port. */
function through(proxy: Proxy, url: string): string {
  const address = new URL(url);
  address.port = new URL(proxy.origin).port;
  return address.href;
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
