import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { createRandom, type Random } from "../faults/random.ts";
import { createTestDatabase, startTestPostgres, type PostgresAdmin } from "../support/postgres.ts";
import type { RunReport } from "../support/run-command.ts";
import { makeTestFolder } from "../support/test-folder.ts";
import { type Brought, makeBrought } from "./brought.ts";
import { buildWithout, type Safeguard } from "./mutant.ts";
import { adminToken, type KilledServer, openKilledServer } from "./server.ts";
import { countUnderWay, findFaults } from "./stored.ts";

export interface IngestionOptions {
  readonly seed: number;
  readonly kills: number;
  /** Sources that are uploaded to; each round brings each of them once or not at all. */
  readonly sources: number;
  /** Seconds in which all must be done after the last start. */
  readonly patience: number;
}

export interface IngestionReport extends RunReport {
  /** Uploads that the server has confirmed. */
  readonly accepted: number;
  /** Kills while something was under way. */
  readonly felt: number;
}

const root = join(import.meta.dirname, "../..");
const tenantId = "run";
const schema = "tenant_run";

/**
 * Uploads documents, kills the server at random steps of their ingestion and starts it again; then looks whether each
 * document is what was brought last, as a whole and once. Closes all that it opens.
 */
export async function runIngestions(
  options: IngestionOptions,
  given: PostgresAdmin | undefined,
  say: (line: string) => void,
  stop: AbortSignal,
  safeguard?: Safeguard,
): Promise<IngestionReport> {
  const random = createRandom(options.seed, "ingestion");
  await using opened = new AsyncDisposableStack();
  const { server, client, steps } = await openScene(opened, given, safeguard);
  const expected = new Map<string, Brought[]>();
  const confirmed = new Set<string>();
  let [accepted, lost, felt] = [0, 0, 0];

  for (let kill = 1; kill <= options.kills; kill += 1) {
    stop.throwIfAborted();
    await server.start();
    if (kill === 1) await makeTenant(client);
    const brought = chooseSources(random, options.sources).map((source, n) =>
      makeBrought(random, source, kill * 1000 + n),
    );
    // A document has about three: it is queued, read and complete.
    const until = steps.count + random.integer(0, 3 * brought.length - 1);
    const pause = random.integer(0, 30);
    const struck = (async () => {
      await steps.reach(until, 2000);
      await sleep(pause);
      await server.kill();
    })();
    const answers = await Promise.all(brought.map((one) => upload(server, one)));
    await struck;
    for (const [n, one] of brought.entries()) {
      const before = expected.get(one.source) ?? [];
      if (answers[n] === "accepted") {
        expected.set(one.source, [one]);
        confirmed.add(one.source);
      }
      if (answers[n] === "unknown") expected.set(one.source, [...before, one]);
    }
    accepted += answers.filter((answer) => answer === "accepted").length;
    lost += answers.filter((answer) => answer === "unknown").length;
    if ((await countUnderWay(client, schema)) > 0) felt += 1;
    say(`Kill ${kill} of ${options.kills} is over`);
  }

  await server.start();
  const deadline = Date.now() + options.patience * 1000;
  while ((await countUnderWay(client, schema)) > 0 && Date.now() < deadline)
    await steps.reach(steps.count + 1, 500);
  await waitForJobs(client, deadline);
  return {
    accepted,
    felt,
    counts: [
      `${"kills".padEnd(24)} ${options.kills}, ${felt} of them with work under way`,
      `${"uploads accepted".padEnd(24)} ${accepted}`,
      `${"uploads without an answer".padEnd(24)} ${lost}`,
      `${"steps seen".padEnd(24)} ${steps.count}`,
    ],
    faults: await findFaults(client, schema, tenantId, { expected, confirmed }),
  };
}

async function openScene(
  opened: AsyncDisposableStack,
  given: PostgresAdmin | undefined,
  safeguard: Safeguard | undefined,
) {
  const own = given ? undefined : await startTestPostgres();
  if (own) opened.defer(own.close);
  const admin = given ?? own?.admin;
  if (!admin) throw new Error("There is no PostgreSQL");
  const database = await createTestDatabase(admin);
  opened.defer(database.drop);
  const folder = await makeTestFolder("ingestion");
  opened.defer(() => rm(folder, { recursive: true }));
  const build = safeguard ? join(folder, "build") : root;
  if (safeguard) await buildWithout(safeguard, root, build);
  const dataDir = join(folder, "data");
  const server = openKilledServer(opened, { build, dataDir, databaseUrl: database.url });
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  opened.defer(() => client.end());
  return { server, client, steps: await watchSteps(client) };
}

/** Counts the steps that the database announces. */
async function watchSteps(client: Client) {
  let count = 0;
  let wake = () => {};
  client.on("notification", () => {
    count += 1;
    wake();
  });
  await client.query("listen document_changed");
  return {
    get count() {
      return count;
    },
    /** Resolves at that count, or when it doesn't come. */
    async reach(wanted: number, longestMs: number): Promise<void> {
      const late = new AbortController();
      const timer = setTimeout(() => {
        late.abort();
        wake();
      }, longestMs);
      while (count < wanted && !late.signal.aborted)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      clearTimeout(timer);
    },
  };
}

async function makeTenant(client: Client): Promise<void> {
  await client.query("insert into tenants (id, name) values ($1, $1)", [tenantId]);
}

function chooseSources(random: Random, most: number): string[] {
  const all = Array.from({ length: most }, (_, n) => `docs/${n}`);
  return random.shuffle(all).slice(0, random.integer(1, most));
}

/** `unknown`: the server was killed before it answered. */
async function upload(
  server: KilledServer,
  { source, mediaType, body }: Brought,
): Promise<"accepted" | "unknown"> {
  const address = `${server.url}/api/v1/admin/documents?source=${encodeURIComponent(source)}`;
  try {
    const response = await fetch(address, {
      method: "POST",
      body,
      headers: {
        "Content-Type": mediaType,
        "X-Admin-Token": adminToken,
        "X-Tenant-ID": tenantId,
        Prefer: "respond-async",
      },
    });
    await response.arrayBuffer();
    if (response.ok) return "accepted";
    throw new Error(`An upload was answered with ${response.status}`);
  } catch (error) {
    if (error instanceof TypeError) return "unknown";
    throw error;
  }
}

/** What was under way when all was complete still has to be crossed out. */
async function waitForJobs(client: Client, deadline: number): Promise<void> {
  while (Date.now() < deadline) {
    const { rows } = await client.query("select 1 from pgboss.job where data->>'tenantId' = $1", [
      tenantId,
    ]);
    if (rows.length === 0) return;
    await sleep(100);
  }
}
