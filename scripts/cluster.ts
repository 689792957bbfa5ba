/** Several API processes on one database and one Redis, behind a small balancer: an example to try. */
import { join } from "node:path";
import { createApp } from "../api/app.ts";
import type { Config } from "../api/config.ts";
import { runProgram, say, waitForSignal } from "../api/main.ts";
import { describeCluster, help } from "./cluster/advice.ts";
import { startApiProcess } from "./cluster/api-process.ts";
import { startBalancer } from "./cluster/balancer.ts";
import { startOrphanWatch } from "./cluster/orphan-watch.ts";
import { openRedis } from "./cluster/redis-server.ts";
import { openDatabase } from "./database.ts";
import { listAddresses, loadSiteConfig, openHostPage, refreshContent } from "./surroundings.ts";

const root = join(import.meta.dirname, "..");

async function runCluster(): Promise<void> {
  const stop = waitForSignal();
  const loaded = loadSiteConfig(root);
  // Closes in reverse order what was opened, also when the start fails half-way.
  await using opened = new AsyncDisposableStack();
  const orphans = startOrphanWatch();
  opened.defer(orphans.close);
  const database = await openDatabase(loaded);
  opened.defer(() => database.close());
  const redis = await openRedis(loaded.redis, orphans, say);
  opened.defer(() => redis.close());
  const config = { ...loaded, redis: { url: redis.url } };
  await prepare(config, database.url);

  const apis: ReturnType<typeof startApiProcess>[] = [];
  // Before the processes, so that it carries their readers until they have drained.
  const { host, port } = config;
  const balancer = await startBalancer({ host, port, backends: apis, report: say });
  opened.defer(() => balancer.close());
  const env = shareSettings(config, database.url, redis.url);
  for (const name of ["API 1", "API 2"]) {
    const { shutdownGraceMs } = config;
    const api = startApiProcess({ name, cwd: root, env, shutdownGraceMs, orphans, report: say });
    apis.push(api);
  }
  opened.defer(async () => void (await Promise.all(apis.map((api) => api.stop()))));
  const ready = Promise.all(apis.map((api) => api.ready()));
  if (typeof (await Promise.race([ready, stop.received])) === "string") return;

  const shown = ["127.0.0.1", "0.0.0.0"].includes(host) ? "localhost" : host;
  const apiUrl = `http://${shown}:${balancer.port}`;
  opened.defer(await openHostPage(root, config, apiUrl));
  say(listAddresses(config, apiUrl, database.url) + describeCluster(apiUrl, apis, redis));
  say(`Stopping (${await stop.received}) …`);
}

/** Migrates, seeds and builds what `npm start` does, before there are processes. */
async function prepare(config: Config, databaseUrl: string): Promise<void> {
  const app = await createApp(config, databaseUrl);
  try {
    await refreshContent(root, config, databaseUrl, app);
  } finally {
    await app.close();
  }
}

/** What the processes have to agree on, on top of the environment and `.env`. */
function shareSettings(config: Config, databaseUrl: string, redisUrl: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    DATA_DIR: config.dataDir,
    CORS_ORIGINS: JSON.stringify(config.corsOrigins),
    // At "info" the balancer's questions after health would fill the screen.
    LOG_LEVEL: config.log.level === "info" ? "warn" : config.log.level,
  };
}

const unknown = process.argv.slice(2).find((argument) => !["--help", "-h"].includes(argument));
if (unknown !== undefined) {
  process.stderr.write(`❌ It takes no ${unknown}\n\n${help}`);
  process.exitCode = 2;
} else if (process.argv.length > 2) process.stdout.write(help);
else await runProgram(runCluster);
