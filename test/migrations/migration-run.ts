import { once } from "node:events";
import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { tenantHead } from "../../api/adapters/postgres/migrate.ts";
import { createRandom, type Random } from "../faults/random.ts";
import { startProgram, type Program } from "../support/program.ts";
import { createTestDatabase, startTestPostgres, type PostgresAdmin } from "../support/postgres.ts";
import type { RunReport } from "../support/run-command.ts";
import { makeTestFolder } from "../support/test-folder.ts";
import { readSchemaStates, waitForQuiet, type SchemaState } from "./schema-states.ts";

export interface MigrationOptions {
  readonly tenants: number;
  readonly kills: number;
  readonly parallel: number;
  readonly seed: number;
}

/** Of the tenant that nobody is killed over, which all others have to be like. */
const reference = "reference";

/**
 * `npm run migrate` over many new tenants, killed again and again, until it ends by itself. After each kill no tenant
 * may be between two migrations, and at the end all are at the head.
 * @param given a server that is there already; else one of our own is started.
 */
export async function runMigrations(
  options: MigrationOptions,
  given: PostgresAdmin | undefined,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<RunReport> {
  const { tenants, kills, seed } = options;
  await using opened = new AsyncDisposableStack();
  const postgres = given ?? (await openServer(opened));
  const database = await createTestDatabase(postgres);
  opened.defer(database.drop);
  const folder = await makeTestFolder("migrations");
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  opened.defer(() => admin.end());
  const start = () => {
    const args = ["--parallel", String(options.parallel)];
    return startProgram(folder, { DATABASE_URL: database.url }, "migrate.ts", args);
  };

  // The reference first, and with it public.
  await finish(start());
  await addTenants(admin, [reference]);
  await finish(start());
  await addTenants(
    admin,
    Array.from({ length: tenants }, (_, index) => `tenant-${index}`),
  );

  const random = createRandom(seed, "migrations");
  const faults: string[] = [];
  let killed = 0;
  for (; killed < kills && !stop.aborted; killed += 1) {
    // Where all are at the head nothing is left to be killed over, so each run gets about its share.
    const share = Math.ceil(tenants / (kills + 1));
    const goal = (await countBegun(admin)) + Math.max(1, Math.round(share * 2 * random.next()));
    const run = start();
    if (!(await killAt(run, admin, goal, random))) break;
    await waitForQuiet(admin);
    const states = await readSchemaStates(admin);
    const atHead = [...states.values()].filter(({ history }) => history.endsWith(tenantHead));
    say(`Kill ${killed + 1}: ${atHead.length - 1} of ${tenants} tenants were at the head`);
    faults.push(...findHalfMigrated(states));
  }
  stop.throwIfAborted();
  if (killed < kills) faults.push(`it ended before the kill ${killed + 1}`);
  await finish(start());
  const states = await readSchemaStates(admin);
  faults.push(...findHalfMigrated(states), ...findBehind(states));
  return { counts: [`${killed} kills, ${states.size - 1} tenants`], faults };
}

async function openServer(opened: AsyncDisposableStack): Promise<PostgresAdmin> {
  const server = await startTestPostgres();
  opened.defer(server.close);
  return server.admin;
}

async function addTenants(admin: Client, ids: readonly string[]): Promise<void> {
  await admin.query(
    "insert into public.tenants (id, name) select id, id from unnest($1::text[]) id",
    [ids],
  );
}

/** @throws Error with what it printed when it fails. */
async function finish(run: Program): Promise<void> {
  const how = await run.ended;
  if (how !== 0) throw new Error(`npm run migrate ended with ${how}:\n${run.output()}`);
}

/** @returns false when it ended before. */
async function killAt(run: Program, admin: Client, goal: number, random: Random): Promise<boolean> {
  const { child } = run;
  const exited = once(child, "exit").then(() => "over" as const);
  for (;;) {
    const state = await Promise.race([exited, countBegun(admin)]);
    if (state === "over") return false;
    if (state >= goal) break;
    await Promise.race([exited, delay(20)]);
  }
  await delay(100 * random.next());
  const wasAlive = child.kill("SIGKILL");
  await run.ended;
  return wasAlive && child.signalCode === "SIGKILL";
}

/** How many tenants have tables. */
async function countBegun(admin: Client): Promise<number> {
  // By an index, as a count of thousands of schemas has to be.
  const { rows } = await admin.query<{ count: number }>(
    "select count(*)::int from pg_class where relname = $1 and relkind = 'r'",
    ["chat_messages"],
  );
  return rows[0]?.count ?? 0;
}

/** Tenants of the same history are alike, or one of them is between two migrations. */
function findHalfMigrated(states: ReadonlyMap<string, SchemaState>): string[] {
  const known = new Map<string, string>();
  const head = states.get(reference);
  if (head) known.set(head.history, head.digest);
  return [...states].flatMap(([id, { history, digest }]) => {
    // Before its first migration a tenant may have a schema or none.
    if (history === "") return [];
    const expected = known.get(history) ?? digest;
    known.set(history, expected);
    return expected === digest ? [] : [`${id} is not what others at ${history} are`];
  });
}

function findBehind(states: ReadonlyMap<string, SchemaState>): string[] {
  const head = states.get(reference);
  return [...states].flatMap(([id, { history }]) =>
    history === head?.history && history.endsWith(tenantHead)
      ? []
      : [`${id} is not at the head: ${history}`],
  );
}
