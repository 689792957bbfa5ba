import { MikroORM } from "@mikro-orm/postgresql";
import { Migrator } from "@mikro-orm/migrations";
import { Client } from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { openPostgres, type Postgres } from "../../../api/adapters/postgres/open.ts";
import { TenantRow } from "../../../api/adapters/postgres/public-entities.ts";
import { prepareRoles } from "../../../api/adapters/postgres/roles.ts";
import { Tenants } from "../../../migrations/public/001-tenants.ts";
import { Processes } from "../../../migrations/public/002-processes.ts";
import { StartError } from "../../../api/core/errors.ts";
import { makeEntry, makeKey } from "../../contracts/access-fixtures.ts";
import { postgresOptions } from "../../support/open-postgres.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { makeTenant } from "../../support/tenant.ts";

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

async function run<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const asLogin = <Row extends object>(text: string) => run<Row>(database.url, text);
const asAdmin = <Row extends object>(text: string) => run<Row>(database.adminUrl, text);

/** With a row in each of the tables. */
async function open(): Promise<Postgres> {
  postgres = await openPostgres(postgresOptions(database.url));
  await asLogin("insert into tenants (id, name) values ('demo', 'Demo') on conflict do nothing");
  await postgres.keys.addKey(makeKey(), makeEntry("key.create"));
  await postgres.users.ensureUser("demo", "person", { name: "Person" });
  return postgres;
}

const changesOfLog = [
  "update public.audit_log set details = '{}'",
  "update public.audit_log set actor_id = null where false",
  "delete from public.audit_log",
  "truncate public.audit_log",
  `insert into public.audit_log (id, at, actor_kind, actor_address, action, details)
   select id, at, actor_kind, actor_address, action, details from public.audit_log
   on conflict (id) do update set action = 'x'`,
];

test("a tenant's role may neither read nor change keys, users, tickets and the audit log", async () => {
  const { work } = await open();
  const tables = ["api_keys", "users", "external_user_mapping", "tickets", "audit_log"];
  for (const table of tables) {
    for (const sql of [
      `select 1 from public.${table}`,
      `select count(*) from public.${table}`,
      `insert into public.${table} default values`,
      `update public.${table} set tenant_id = 'demo'`,
      `delete from public.${table}`,
      `truncate public.${table}`,
      `copy public.${table} to stdout`,
      `create table mine (like public.${table}); insert into mine select * from public.${table}`,
    ])
      await expect(
        work(tenant, (em) => em.execute(sql)),
        sql,
      ).rejects.toThrow(/permission denied/);
  }
  const [{ entries } = { entries: 0 }] = await asLogin<{ entries: number }>(
    "select count(*)::int as entries from public.audit_log",
  );
  expect(entries).toBe(1);
});

test("the audit log can be added to, and not be changed by the login", async () => {
  await open();
  for (const sql of changesOfLog)
    await expect(asLogin(sql), sql).rejects.toThrow(/permission denied for table audit_log/);
  const rights = await asLogin<{ right: string; has: boolean }>(`
    select r as right, has_table_privilege('public.audit_log', r) as has
    from unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'trigger', 'references']) r`);
  const granted = rights.filter(({ has }) => has).map(({ right }) => right);
  expect(granted).toEqual(["select", "insert"]);
  await expect(asLogin("drop trigger append_only on public.audit_log")).rejects.toThrow(
    /must be owner/,
  );
});

test("the audit log is not changed by its owner or a superuser by mistake either", async () => {
  await open();
  const owner = `set role "${new URL(database.url).pathname.slice(1)}/owner"`;
  for (const sql of changesOfLog) {
    const refused = /public\.audit_log can only be added to/;
    await expect(asLogin(`${owner}; ${sql}`), sql).rejects.toThrow(refused);
    await expect(asAdmin(sql), sql).rejects.toThrow(refused);
  }
});

test("rights on the audit log that an earlier release has granted are taken back", async () => {
  const { close } = await open();
  await close();
  const { username } = new URL(database.url);
  await asAdmin(`grant all on public.audit_log to "${username}"`);
  const may = () =>
    asLogin<{ may: boolean }>("select has_table_privilege('public.audit_log', 'delete') as may");
  expect(await may()).toEqual([{ may: true }]);
  await open();
  expect(await may()).toEqual([{ may: false }]);
});

test("the audit log is append-only where roles can't be made", async () => {
  await asAdmin(`alter role ${new URL(database.url).username} nocreaterole`);
  const { warning, audit } = await open();
  expect(warning).toMatch(/Tenant roles are off/);
  expect((await audit.list("demo", { limit: 5 })).items).toHaveLength(1);
  for (const sql of changesOfLog)
    await expect(asLogin(sql), sql).rejects.toThrow(/permission denied|can only be added to/);
});

test("users of an earlier release keep their ties, under ids of the new kind", async () => {
  await migrateToSecond();
  await asLogin(`
    insert into tenants (id, name) values ('demo', 'Demo');
    insert into users (id, tenant_id, name) values ('0a1b2c3d-0000-4000-8000-00000000000a', 'demo', 'Early');
    insert into external_user_mapping values ('demo', 'early', '0a1b2c3d-0000-4000-8000-00000000000a')`);
  const { users } = await open();
  const early = await users.ensureUser("demo", "early", {});
  expect(early).toMatchObject({ id: "user_0a1b2c3d00004000800000000000000a", name: "Early" });
  expect(await users.findUser("demo", early.id)).toEqual(early);
  await asLogin("insert into users (tenant_id, name) values ('demo', 'By hand')");
  const ids = await asLogin<{ id: string }>("select id from users where name = 'By hand'");
  expect(ids).toEqual([{ id: expect.stringMatching(/^user_[0-9a-f]{32}$/) }]);
});

/** User `number` of an earlier release. */
const earlyId = (number: number) => `0a1b2c3d-0000-4000-8000-${String(number).padStart(12, "0")}`;

test("ties of an earlier release that this one has no place for stop the start, and are named", async () => {
  await migrateToSecond();
  await asLogin(`
    insert into tenants (id, name) values ('demo', 'Demo'), ('other', 'Other');
    insert into users (id, tenant_id) values
      ('${earlyId(1)}', 'demo'), ('${earlyId(2)}', 'demo'), ('${earlyId(3)}', 'demo');
    insert into external_user_mapping values
      ('demo', 'fine', '${earlyId(1)}'), ('demo', 'two', '${earlyId(2)}'), ('demo', E'tw"o\n', '${earlyId(2)}'),
      ('demo', 'home', '${earlyId(3)}'), ('other', 'abroad', '${earlyId(3)}')`);
  const error: unknown = await open().catch((reason: unknown) => reason);
  if (!(error instanceof StartError)) throw error;
  const named = error.message.split("\n").filter((line) => line.startsWith("  tenant_id"));
  expect(named.toSorted()).toEqual([
    `  tenant_id demo, external_user_id "tw\\"o\\n", user_id ${earlyId(2)}`,
    `  tenant_id demo, external_user_id "two", user_id ${earlyId(2)}`,
    `  tenant_id other, external_user_id "abroad", user_id ${earlyId(3)}, who is a user of the tenant demo`,
  ]);
  expect(error.message).toContain("DELETE FROM public.external_user_mapping WHERE");
  await asLogin(`
    delete from public.external_user_mapping where tenant_id = 'other' and external_user_id = 'abroad';
    delete from public.external_user_mapping where tenant_id = 'demo' and external_user_id = 'two'`);
  const { users } = await open();
  const { id } = await users.ensureUser("demo", 'tw"o\n', {});
  expect(id).toBe(`user_${earlyId(2).replaceAll("-", "")}`);
});

test("of very many such ties some are named, and the others counted", async () => {
  await migrateToSecond();
  await asLogin(`
    insert into tenants (id, name) values ('demo', 'Demo');
    insert into users (id, tenant_id) values ('${earlyId(1)}', 'demo');
    insert into external_user_mapping select 'demo', 'id-' || n, '${earlyId(1)}' from generate_series(1, 50) n`);
  await expect(open()).rejects.toThrow(/\n {2}and 30 more\n/);
});

test("nobody can be tied to a user of another tenant", async () => {
  const { users } = await open();
  await asLogin("insert into tenants (id, name) values ('other', 'Other')");
  const { id } = await users.ensureUser("demo", "person", {});
  const tie = `insert into external_user_mapping values ('other', 'stolen', '${id}')`;
  await expect(asLogin(tie)).rejects.toThrow(/violates foreign key constraint/);
});

/** The public schema as the second migration left it. */
async function migrateToSecond(): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const { owner, login } = await prepareRoles(client);
  const orm = await MikroORM.init({
    clientUrl: database.url,
    entities: [TenantRow],
    pool: { min: 0, max: 1 },
    driverOptions: { options: `-c role=${owner}` },
    migrations: {
      tableName: "migrations",
      migrationsList: [
        { name: "001-tenants", class: Tenants },
        { name: "002-processes", class: Processes },
      ],
      snapshot: false,
      silent: true,
    },
  });
  await new Migrator(orm.em).up({ schema: "public" });
  await orm.close(true);
  await client.query(`
    set role "${owner}"; grant select, insert, update, delete on all tables in schema public to "${login}"`);
  await client.end();
}
