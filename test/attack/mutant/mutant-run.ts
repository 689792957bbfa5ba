import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startOrphanWatch } from "../../../scripts/cluster/orphan-watch.ts";
import { buildPatched } from "../../support/patched-build.ts";
import {
  createTestDatabase,
  startTestPostgres,
  type PostgresAdmin,
} from "../../support/postgres.ts";
import { startRedis } from "../../support/redis.ts";
import { makeTestFolder } from "../../support/test-folder.ts";
import { runAttack, type AttackOptions, type AttackReport } from "../attack-run.ts";
import { patchesOf, type Mutant } from "./mutants.ts";
import { startServer, type Server } from "./server.ts";

export interface MutantOptions extends Pick<
  AttackOptions,
  "seed" | "thoroughness" | "only" | "say" | "stop"
> {
  readonly mutant: Mutant;
  /** Servers that run already; else some of our own are started. */
  readonly given: { readonly postgres: PostgresAdmin; readonly redisUrl: string } | undefined;
}

/** What PostgreSQL said to the broken server. */
export interface SecondFence {
  readonly refusals: number;
  /** Such as `permission denied for table chats`. */
  readonly example: string | undefined;
}

const root = join(import.meta.dirname, "../../..");
const adminToken = "a".repeat(40);
const denied = /permission denied for (?:schema|table|sequence|function) [\w]+/;

/**
 * Attacks a server without that check. The scene is prepared at an intact server on the same data, so that there is
 * something to steal whatever the broken one can do.
 */
export async function runMutant(
  options: MutantOptions,
): Promise<AttackReport & { readonly fence: SecondFence }> {
  const { mutant } = options;
  await using opened = new AsyncDisposableStack();
  const orphans = startOrphanWatch();
  opened.defer(() => orphans.close());
  const { postgres, redisUrl } = options.given ?? (await startServers(opened));
  const database = await createTestDatabase(postgres);
  opened.defer(() => database.drop());
  const folder = await makeTestFolder("attack");
  opened.defer(() => rm(folder, { recursive: true }));
  const cwd = join(folder, "cwd");
  await mkdir(cwd);
  const env = {
    ...fixedEnv,
    PATH: process.env.PATH ?? "",
    DATA_DIR: join(folder, "data"),
    DATABASE_URL: mutant === "both-fences" ? database.adminUrl : database.url,
    REDIS_URL: redisUrl,
  };
  const open = async (build: string): Promise<Server> => {
    const server = await startServer({ build, cwd, env, orphans });
    opened.defer(() => server.stop());
    return server;
  };
  const intact = await open(root);
  let broken: Server | undefined;
  const report = await runAttack({
    ...options,
    url: intact.url,
    prepareUrl: intact.url,
    apiPrefix: "/api/v1",
    adminToken,
    async onScene(ids) {
      const build = join(folder, "build");
      await mkdir(build);
      await buildPatched(patchesOf(mutant, ids), root, build);
      broken = await open(build);
      return broken.url;
    },
  });
  const fence = {
    refusals: broken?.countLines(denied) ?? 0,
    example: denied.exec(broken?.firstLine(denied) ?? "")?.[0],
  };
  return { ...report, fence };
}

async function startServers(opened: AsyncDisposableStack) {
  const postgres = await startTestPostgres();
  opened.defer(() => postgres.close());
  const redis = await startRedis();
  opened.defer(() => redis.close());
  return { postgres: postgres.admin, redisUrl: redis.url };
}

/** Beside these and the addresses it has no settings: not those of the person who runs this. */
const fixedEnv = {
  HOST: "127.0.0.1",
  PORT: "0",
  SECRET_KEY: "s".repeat(40),
  JWT_SECRET_KEY: "j".repeat(40),
  ADMIN_TOKEN: adminToken,
  RATE_LIMIT_ENABLED: "false",
  SHUTDOWN_GRACE_MS: "0",
  ENABLE_STRUCTURED_LOGGING: "true",
  LOG_LEVEL: "info",
};
