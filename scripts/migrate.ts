/** Brings the schemas of all tenants to the head, before or while servers run. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createPgBossJobs } from "../api/adapters/pg-boss/jobs.ts";
import { createLogger } from "../api/adapters/pino/logger.ts";
import { migrateTenants } from "../api/adapters/postgres/migrate-tenants.ts";
import { describeError, StartError } from "../api/app.ts";
import { loadConfig } from "../api/config.ts";
import { runProgram, say, waitForSignal } from "../api/main.ts";
import { openDatabase } from "./database.ts";

const help = `Usage: npm run migrate -- [--parallel N]

Brings every tenant's schema to this release, as its first request would. What is configured as for npm start says which
database; servers may run on it meanwhile. A run that was ended in the middle is finished by the next one.

  --parallel N   tenants worked at together (4); each takes up to three connections
  --help         prints this`;

const root = join(import.meta.dirname, "..");
const mostShown = 20;
/** At most so often progress is told, in milliseconds. */
const tellMs = 1000;

/** @returns undefined where help was asked for. */
function readParallel(): number | undefined {
  const { values } = parseArgs({
    options: {
      parallel: { type: "string", default: "4" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  if (!/^[1-9]\d?$/.test(values.parallel))
    throw new StartError(`--parallel ${values.parallel}: 1 to 99 is expected\n\n${help}`);
  return Number(values.parallel);
}

await runProgram(async () => {
  const parallel = readParallel();
  if (parallel === undefined) return say(help);
  const stop = waitForSignal();
  const stopping = new AbortController();
  void stop.received.then(() => stopping.abort());
  const config = loadConfig(root);
  const database = await openDatabase(config);
  try {
    const logger = createLogger(config.log);
    const execute = () => Promise.reject(new Error("No job is sent while tenants are migrated"));
    let toldAt = -Infinity;
    const { all, done, failures } = await migrateTenants({
      url: database.url,
      jobs: createPgBossJobs(execute, logger),
      logger,
      parallel,
      signal: stopping.signal,
      onProgress(count, of) {
        if (count < of && performance.now() - toldAt < tellMs) return;
        toldAt = performance.now();
        say(`${count} of ${of} tenants are at the head`);
      },
    });
    for (const { tenantId, error } of failures.slice(0, mostShown))
      say(`❌ ${tenantId}: ${JSON.stringify({ ...describeError(error), stack: undefined })}`);
    if (failures.length > mostShown) say(`❌ … and ${failures.length - mostShown} more`);
    if (done < all)
      throw new StartError(
        `${all - done} of ${all} tenants are not at the head: run it again to go on.`,
      );
    say(`✅ All ${all} tenants are at the head`);
  } finally {
    await database.close();
  }
});
