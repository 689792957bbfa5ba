import { Client } from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { openPostgres, type Postgres } from "../../../api/adapters/postgres/open.ts";
import { hourMs, makeFirstTurn } from "../../contracts/store-fixtures.ts";
import { postgresOptions } from "../../support/open-postgres.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { makeTenant } from "../../support/tenant.ts";
import { tablesOf004 } from "../../support/old-tenant.ts";

let database: TestDatabase;
let postgres: Postgres | undefined;
const tenant = makeTenant("demo");

beforeEach(async () => {
  database = await createTestDatabase(inject("postgres"));
});

afterEach(async () => {
  await postgres?.close();
  postgres = undefined;
  await database?.drop();
});

async function runAsAdmin(text: string): Promise<void> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  await client.query(text);
  await client.end();
}

async function open(): Promise<Postgres> {
  postgres = await openPostgres(postgresOptions(database.url));
  return postgres;
}

/** Saves a turn and takes it over: both ask for leases. */
async function useLeases({ leases, turns }: Postgres): Promise<void> {
  await leases.register("process-1", hourMs);
  await leases.noteTenant("process-1", tenant.id);
  const { answer } = await turns.saveTurn(tenant, makeFirstTurn());
  expect(await turns.takeOver(tenant, answer.id, 1, "process-1")).toBe(true);
  await leases.renew("process-1", hourMs);
  await leases.forgetTenant("process-1", "another");
  await leases.release("process-1", [tenant.id]);
}

test("a tenant's role may ask whether a process has a lease, and nothing else of public", async () => {
  const { leases, work } = await open();
  await leases.register("process-1", hourMs);
  const run = (sql: string) => work(tenant, (em) => em.execute(sql));
  const ask = (process: string) => run(`select public.holds_lease('${process}') as held`);
  expect(await ask("process-1")).toEqual([{ held: true }]);
  expect(await ask("nobody")).toEqual([{ held: false }]);
  for (const sql of [
    "select id from public.processes",
    "select id from public.processes for key share",
    "delete from public.processes",
    "update public.processes set expires_at = now()",
    "insert into public.processes values ('mine', 'infinity')",
    "select tenant_id from public.process_tenants",
    "insert into public.process_tenants values ('process-1', 'demo')",
    "select id from public.tenants",
  ])
    await expect(run(sql), sql).rejects.toThrow(/permission denied/);
  await expect(run("create function public.holds_lease(int) returns int return 1")).rejects.toThrow(
    /permission denied/,
  );
});

test("leases work where roles can't be made", async () => {
  await runAsAdmin(`alter role ${new URL(database.url).username} nocreaterole`);
  const opened = await open();
  expect(opened.warning).toMatch(/Tenant roles are off/);
  await useLeases(opened);
});

test("leases work where not everybody may enter public", async () => {
  await runAsAdmin("revoke all on schema public from public");
  const opened = await open();
  expect(opened.warning).toBeUndefined();
  await useLeases(opened);
});

test("leases work for tenants that were there before them", async () => {
  const { work, close } = await open();
  await work(tenant, (em) => em.execute("select 1"));
  await close();
  await runAsAdmin(`
    alter table tenant_demo.chat_messages drop column crashes;
    ${tablesOf004("tenant_demo")};
    delete from tenant_demo.migrations where name >= '004';
    drop function public.holds_lease;
    drop table public.process_tenants, public.processes;
    delete from public.migrations where name = '002-processes'`);
  await useLeases(await open());
});
