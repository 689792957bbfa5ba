import { rm } from "node:fs/promises";
import { Client } from "pg";
import { startApiProcess, type ApiProcess } from "../../scripts/cluster/api-process.ts";
import { startBalancer } from "../../scripts/cluster/balancer.ts";
import { startOrphanWatch } from "../../scripts/cluster/orphan-watch.ts";
import { startModelServer, type ModelServer } from "./openai-server.ts";
import { createTestDatabase, startTestPostgres, type PostgresAdmin } from "./postgres.ts";
import { noteMessages } from "./record/messages.ts";
import { openOutputRecord, recordedLogging } from "./record/output.ts";
import { startRedis } from "./redis.ts";
import { makeTestFolder } from "./test-folder.ts";

/** Servers that are there already, such as those of a vitest run; else some of our own are started. */
export interface GivenServers {
  readonly postgres: PostgresAdmin;
  readonly redisUrl: string;
}

export interface ApiWorldOptions {
  readonly processes: number;
  readonly given: GivenServers | undefined;
  /** Settings of the processes; without rate limits and with `model` they are run anyway. */
  readonly env: Readonly<Record<string, string>>;
  readonly shutdownGraceMs: number;
  /** The `limits` of the tenant `run`. */
  readonly tenantLimits: Readonly<Record<string, number>>;
  readonly report: (line: string) => void;
}

/** API processes behind the balancer, on one PostgreSQL and one Redis, with a language model that is played. */
export interface ApiWorld {
  readonly apis: readonly ApiProcess[];
  readonly model: ModelServer;
  /** The balancer's, such as http://127.0.0.1:8000. */
  readonly url: string;
  /** The WebSocket door of the tenant `run`, behind the balancer. */
  readonly wsUrl: string;
  /** As superuser: no tenant's rows are hidden. */
  sql<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
}

export const runTenant = "run";

/** Opens the world onto `opened`, which closes it; all processes are ready. */
export async function openApiWorld(
  opened: AsyncDisposableStack,
  options: ApiWorldOptions,
): Promise<ApiWorld> {
  const { processes, shutdownGraceMs } = options;
  const record = openOutputRecord("world");
  const report = (line: string) => {
    record.add(`${line}\n`);
    options.report(line);
  };
  const orphans = startOrphanWatch();
  opened.defer(orphans.close);
  const { postgres, redisUrl } = options.given ?? (await startServers(opened));
  const database = await createTestDatabase(postgres);
  opened.defer(database.drop);
  opened.defer(() => noteMessages(database.adminUrl, record.files));
  const folder = await makeTestFolder("world");
  opened.defer(() => rm(folder, { recursive: true }));
  const model = await startModelServer();
  opened.defer(model.close);

  const apis: ApiProcess[] = [];
  const address = { host: "127.0.0.1", port: 0 };
  const balancer = await startBalancer({ ...address, backends: apis, report });
  opened.defer(balancer.close);
  const env = {
    ...baseEnv(folder),
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    OPENAI_BASE_URL: model.baseUrl,
    OPENAI_MODEL: "gpt-4o-mini",
    SHUTDOWN_GRACE_MS: String(shutdownGraceMs),
    ...options.env,
  };
  opened.defer(async () => void (await Promise.all(apis.map((api) => api.stop()))));
  for (let count = 1; count <= processes; count += 1) {
    const name = `API ${count}`;
    apis.push(startApiProcess({ name, cwd: folder, env, shutdownGraceMs, orphans, report }));
  }
  await Promise.all(apis.map((api) => api.ready()));

  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  opened.defer(() => client.end());
  const sql: ApiWorld["sql"] = async <Row extends object>(text: string, values: unknown[] = []) =>
    (await client.query<Row>(text, values)).rows;
  await sql("insert into tenants (id, name, settings) values ($1, $1, $2)", [
    runTenant,
    JSON.stringify({ limits: options.tenantLimits }),
  ]);
  const url = `http://127.0.0.1:${balancer.port}`;
  return { apis, model, url, wsUrl: `${url.replace("http", "ws")}/api/v1/ws/chat`, sql };
}

async function startServers(opened: AsyncDisposableStack): Promise<GivenServers> {
  const postgres = await startTestPostgres();
  opened.defer(postgres.close);
  const redis = await startRedis();
  opened.defer(redis.close);
  return { postgres: postgres.admin, redisUrl: redis.url };
}

/** The settings alone, not those of the person who runs this. */
function baseEnv(dataDir: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    DATA_DIR: dataDir,
    SECRET_KEY: "s".repeat(40),
    JWT_SECRET_KEY: "j".repeat(40),
    ADMIN_TOKEN: "a".repeat(40),
    RATE_LIMIT_ENABLED: "false",
    LOG_LEVEL: "warn",
    ...recordedLogging(),
  };
}
