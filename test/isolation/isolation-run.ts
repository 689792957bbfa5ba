import pg from "pg";
import { createRandom } from "../faults/random.ts";
import { hourMs } from "../contracts/store-fixtures.ts";
import { startPgBouncer } from "../support/pgbouncer.ts";
import { createTestDatabase, startTestPostgres, type PostgresAdmin } from "../support/postgres.ts";
import type { RunReport } from "../support/run-command.ts";
import { draftMarkedChat } from "./chat-operations.ts";
import { createFindings } from "./findings.ts";
import { reportIsolation, type Storm } from "./isolation-report.ts";
import { turnOwner, type Target } from "./scene.ts";
import { readBySession } from "./session-client.ts";
import { runStorm } from "./storm.ts";
import { compareSchemas, compareStored, recordWriters } from "./stored-rows.ts";
import { openAdapter, openPooledAdapter } from "./target.ts";
import { holdNothing, type TenantRows } from "./tenant-rows.ts";

export interface IsolationOptions {
  readonly operations: number;
  /** The first of them, done once more through PgBouncer. */
  readonly pooled: number;
  /** Reads of the client that is wrong on purpose. */
  readonly control: number;
  readonly tenants: number;
  readonly seed: number;
}

const inFlight = 64;

/** @param given a server to make the database on; undefined starts one. Closes all that it opens. */
export async function runIsolation(
  options: IsolationOptions,
  given: PostgresAdmin | undefined,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<RunReport> {
  const { seed, tenants: tenantCount } = options;
  await using opened = new AsyncDisposableStack();
  const server = given ?? (await startServer(opened));
  const database = await createTestDatabase(server);
  opened.defer(database.drop);
  const pooler = await startPgBouncer(database);
  opened.defer(pooler.close);
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  opened.defer(() => admin.end());
  const { postgres, target } = await openAdapter(opened, database, admin);
  await postgres.leases.register(turnOwner, 24 * hourMs);
  const tenants: TenantRows[] = [];
  for (let number = 1; number <= tenantCount; number += 1)
    tenants.push(await addTenant(admin, postgres, `isolation-${number}`));
  say(`${tenantCount} tenants, seed ${seed}`);

  async function storm(name: string, target: Target, operations: number): Promise<Storm> {
    const findings = createFindings();
    const plan = { operations, tenants: tenantCount, seed, inFlight };
    await runStorm(plan, target, tenants, findings, (line) => say(`${name}: ${line}`), stop);
    let stored = 0;
    for (const rows of tenants) stored += await compareStored(admin, target, rows, findings);
    await compareSchemas(admin, tenants, findings);
    return { name, findings, stored };
  }

  const direct = await storm("pool of one", target, options.operations);
  const pooledTarget = await openPooledAdapter(opened, database, pooler.url, admin);
  const pooled = await storm("PgBouncer", pooledTarget, options.pooled);

  const ids = tenants.map(({ tenant }) => tenant.id);
  const read = (url: string) =>
    readBySession(url, ids, options.control, createRandom(seed, "isolation control"));
  return reportIsolation([direct, pooled], {
    pooled: await read(pooler.adminUrl),
    direct: await read(database.adminUrl),
    asPlatform: await read(pooler.url),
  });
}

async function startServer(opened: AsyncDisposableStack): Promise<PostgresAdmin> {
  const server = await startTestPostgres();
  opened.defer(server.close);
  return server.admin;
}

/** A tenant that is read as the doors do, with a first chat. */
async function addTenant(
  admin: pg.Client,
  postgres: Awaited<ReturnType<typeof openAdapter>>["postgres"],
  id: string,
): Promise<TenantRows> {
  const settings = JSON.stringify({ limits: { messages_per_day: 1e9 } });
  const sql = "insert into public.tenants (id, name, settings) values ($1, $1, $2)";
  await admin.query(sql, [id, settings]);
  const tenant = await postgres.tenants.findTenant(id);
  if (!tenant) throw new Error(`The tenant ${id} was not made`);
  const rows = holdNothing(tenant);
  await postgres.work(tenant, (em) => em.execute("select 1"));
  await recordWriters(admin, rows);
  const chat = draftMarkedChat(rows);
  await postgres.chats.createChat(tenant, chat);
  rows.chats.set(chat.id, { chat, messages: [] });
  return rows;
}
