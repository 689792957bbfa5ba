import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import {
  ensureLoginAndDatabase,
  startEmbeddedPostgres,
} from "../../api/adapters/embedded-postgres/start.ts";
import { openRedis } from "../../scripts/cluster/redis-server.ts";
import { StartError } from "../../api/app.ts";
import type { OrphanWatch } from "../../scripts/cluster/orphan-watch.ts";
import { readFamilyCpu, readPostmasterPid } from "./process-cpu.ts";
import { startServer, type WatchedServer } from "./watched-server.ts";

/** A kind of server that is measured. Each start of it is a fresh process on the same database. */
export interface Subject {
  readonly name: string;
  /** Path of its WebSocket. */
  readonly path: string;
  start(): Promise<WatchedServer>;
  /** CPU time of all processes of its PostgreSQL, in microseconds. */
  readonly databaseCpu?: () => Promise<number>;
}

/** Of the tenant `bench`: all checks and counts are made, and none of them refuses the bench. */
const limits = {
  requests_per_minute: 10_000_000,
  messages_per_minute: 10_000_000,
  messages_per_day: 10_000_000,
  concurrent_connections: 1_000_000,
  person_share: 100,
  address_share: 100,
};

/** Opens what the subjects need onto `opened`, which closes it. */
export async function openSubjects(
  opened: AsyncDisposableStack,
  modelUrl: string,
  orphans: OrphanWatch,
  report: (line: string) => void,
): Promise<Subject[]> {
  const env = { OPENAI_BASE_URL: modelUrl };
  const written = await openDatabase(opened);
  const subjects: Subject[] = [
    {
      name: "bare relay",
      path: "/",
      start: () => startServer("bench/servers/bare-relay.ts", env, orphans),
    },
    {
      name: "hand-written",
      path: "/",
      databaseCpu: written.cpu,
      start: () =>
        startServer(
          "bench/servers/hand-written.ts",
          { ...env, DATABASE_URL: written.url },
          orphans,
        ),
    },
    await openPlatform(opened, "this platform", env, orphans),
  ];
  const redisUrl = await findRedis(opened, orphans);
  if (!redisUrl) report("There is no redis-server on the PATH: the row with Redis is left out.");
  else {
    const withRedis = { ...env, REDIS_URL: redisUrl };
    subjects.push(await openPlatform(opened, "… with Redis", withRedis, orphans));
  }
  return subjects;
}

async function openPlatform(
  opened: AsyncDisposableStack,
  name: string,
  env: Readonly<Record<string, string>>,
  orphans: OrphanWatch,
): Promise<Subject> {
  const database = await openDatabase(opened);
  const start = () =>
    startServer(
      "api/main.ts",
      {
        ...env,
        DATABASE_URL: database.url,
        DATA_DIR: database.folder,
        HOST: "127.0.0.1",
        PORT: "0",
        OPENAI_MODEL: "gpt-4o-mini",
        SHUTDOWN_GRACE_MS: "0",
        SECRET_KEY: "s".repeat(40),
        JWT_SECRET_KEY: "j".repeat(40),
        ADMIN_TOKEN: "a".repeat(40),
      },
      orphans,
    );
  // The first start makes the tables.
  await (await start()).close();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query("insert into tenants (id, name, settings) values ('bench', 'Bench', $1)", [
      JSON.stringify({ limits }),
    ]);
  } finally {
    await client.end();
  }
  return { name, path: "/api/v1/ws/chat", databaseCpu: database.cpu, start };
}

/** An embedded PostgreSQL for one subject alone, so that its share can be told. */
async function openDatabase(opened: AsyncDisposableStack) {
  const folder = await mkdtemp(join(tmpdir(), "miptech-bench-"));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const report = (line: string) => void process.stderr.write(`${line}\n`);
  const server = await startEmbeddedPostgres({ dataDir: folder, port: 0, report });
  opened.defer(server.stop);
  const [user, password, database] = ["bench", crypto.randomUUID(), "bench"];
  await ensureLoginAndDatabase(server, { user, password, database });
  const url = `postgres://${user}:${password}@127.0.0.1:${server.port}/${database}`;
  const pid = await readPostmasterPid(server);
  return { url, folder, cpu: () => readFamilyCpu(pid) };
}

async function findRedis(
  opened: AsyncDisposableStack,
  orphans: OrphanWatch,
): Promise<string | undefined> {
  try {
    const redis = await openRedis(undefined, orphans, () => undefined);
    opened.defer(redis.close);
    return redis.url;
  } catch (error) {
    if (error instanceof StartError) return undefined;
    throw error;
  }
}
