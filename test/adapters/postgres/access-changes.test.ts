import { Client } from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import {
  openPostgres,
  type Postgres,
  type PostgresOptions,
} from "../../../api/adapters/postgres/open.ts";
import { makeEntry, makeHash, makeKey, soon } from "../../contracts/access-fixtures.ts";
import { readAll } from "../../contracts/store-fixtures.ts";
import { postgresOptions } from "../../support/open-postgres.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { openLine, type Line } from "./line.ts";

let database: TestDatabase;
let client: Client;
let line: Line | undefined;
const opened: Postgres[] = [];

beforeEach(async () => {
  database = await createTestDatabase(inject("postgres"));
  client = new Client({ connectionString: database.adminUrl });
  await client.connect();
});

afterEach(async () => {
  for (const postgres of opened.splice(0)) await postgres.close();
  await line?.close();
  line = undefined;
  await client?.end();
  await database?.drop();
});

async function open(options: Partial<PostgresOptions> = {}): Promise<Postgres> {
  const postgres = await openPostgres(
    postgresOptions(database.url, { isShared: true, ...options }),
  );
  opened.push(postgres);
  await client.query(
    "insert into tenants (id, name) values ('demo', 'Demo'), ('other', 'Other') on conflict do nothing",
  );
  return postgres;
}

/** What is heard of keys and users, in order. */
function listen() {
  const heard: string[] = [];
  const keep = (id: string) => void heard.push(id);
  return { heard, onKeyChange: keep, onUserChange: keep };
}

test("two tokens that tell different things of one user are announced once each", async () => {
  const { heard, ...listeners } = listen();
  const { users } = await open(listeners);
  const { id } = await users.ensureUser("demo", "person", {});
  const names = { old: 1000, young: 2000 };
  for (let count = 0; count < 5; count += 1) {
    for (const [name, toldAt] of Object.entries(names))
      await users.ensureUser("demo", "person", { name }, toldAt);
  }
  const last = await users.ensureUser("demo", "last", {});
  await expect.poll(() => heard, soon).toContain(last.id);
  expect(heard.filter((one) => one === id)).toHaveLength(3);
});

test("what is done to keys with psql is seen within a second, and announced", async () => {
  const { heard, ...listeners } = listen();
  const { keys } = await open(listeners);
  const key = makeKey({ id: "key_by_hand" });
  const find = () => keys.findKeyByHash(key.hash);
  expect(await find()).toBeUndefined();
  await client.query(
    "insert into api_keys (id, tenant_id, role, name, prefix, hash) values ($1, 'demo', 'server', 'By hand', 'sk_', $2)",
    [key.id, key.hash],
  );
  await expect.poll(find, soon).toMatchObject({ name: "By hand", origins: [], revokedAt: null });
  expect(await keys.findKey(key.id)).toMatchObject({ name: "By hand" });
  await client.query("update api_keys set revoked_at = now()");
  await expect.poll(find, soon).toMatchObject({ revokedAt: expect.any(Date) });
  expect(await keys.findKey(key.id)).toMatchObject({ revokedAt: expect.any(Date) });
  const hash = makeHash();
  await client.query("update api_keys set hash = $1", [hash]);
  await expect.poll(find, soon).toBeUndefined();
  expect(await keys.findKeyByHash(hash)).toMatchObject({ id: key.id });
  await client.query("delete from api_keys");
  await expect.poll(() => keys.findKey(key.id), soon).toBeUndefined();
  await expect.poll(() => heard, soon).toEqual(Array(4).fill(key.id));
});

test("that a key was used is announced to nobody", async () => {
  const { heard, ...listeners } = listen();
  const { keys } = await open(listeners);
  const [used, renamed] = [makeKey(), makeKey()];
  for (const key of [used, renamed]) await keys.addKey(key, makeEntry("key.create"));
  await client.query("update api_keys set last_used_at = now()");
  await client.query("update api_keys set last_used_at = now(), name = 'New' where id = $1", [
    renamed.id,
  ]);
  await expect.poll(() => heard.length, soon).toBe(3);
  expect(heard).toEqual([used.id, renamed.id, renamed.id]);
});

test("what is done to users with psql is seen within a second, and announced", async () => {
  const { heard, ...listeners } = listen();
  const { users } = await open(listeners);
  const user = await users.ensureUser("demo", "person", {});
  const find = () => users.findUser("demo", user.id);
  await client.query("update users set status = 'blocked'");
  await expect.poll(find, soon).toMatchObject({ status: "blocked" });
  expect(await users.ensureUser("demo", "person", {})).toMatchObject({ status: "blocked" });
  await client.query("update external_user_mapping set external_user_id = 'renamed'");
  await expect.poll(find, soon).toMatchObject({ externalId: "renamed" });
  const another = await users.ensureUser("demo", "person", {});
  expect(another.id).not.toBe(user.id);
  expect(await users.ensureUser("demo", "renamed", {})).toMatchObject({ id: user.id });
  await expect.poll(() => heard, soon).toContain(another.id);
  expect(await users.findUser("demo", another.id)).toEqual(another);
  await client.query("delete from external_user_mapping where user_id = $1", [another.id]);
  await expect.poll(() => users.findUser("demo", another.id), soon).toBeUndefined();
  await client.query("delete from users where id = $1", [user.id]);
  await expect.poll(find, soon).toBeUndefined();
  const again = await users.ensureUser("demo", "renamed", {});
  expect(again.id).not.toBe(user.id);
  await expect.poll(() => new Set(heard), soon).toEqual(new Set([user.id, another.id, again.id]));
});

test("users that were made with psql at almost the same moment are all listed, each once", async () => {
  const { users } = await open();
  await client.query(`
    with made as (
      insert into users (tenant_id, name, created_at)
      select 'demo', n, timestamptz '2030-06-01 12:00Z' + n * interval '130 microseconds' from generate_series(1, 20) n
      returning tenant_id, name, id
    )
    insert into external_user_mapping select tenant_id, name, id from made`);
  const listed = await readAll((page) => users.listUsers("demo", page), 3);
  expect(listed).toHaveLength(20);
  expect(new Set(listed.map(({ externalId }) => externalId)).size).toBe(20);
});

test("a tenant that is deleted takes its keys, users and tickets with it, and leaves its audit log", async () => {
  const { heard, ...listeners } = listen();
  const { keys, users, tickets, audit } = await open(listeners);
  const key = makeKey({ tenantId: "other" });
  await keys.addKey(key, makeEntry("key.create", { tenantId: "other" }));
  const user = await users.ensureUser("other", "person", {});
  const holder = {
    visitorId: null,
    userId: user.id,
    keyId: null,
    tokenKeyId: null,
    origin: null,
    credentialsExpireAt: null,
  };
  const hash = makeHash();
  await tickets.addTicket("other", hash, holder, new Date(Date.now() + 30_000));
  await keys.findKeyByHash(key.hash);
  heard.length = 0;
  await client.query("delete from tenants where id = 'other'");
  await expect.poll(() => keys.findKeyByHash(key.hash), soon).toBeUndefined();
  await expect.poll(() => users.findUser("other", user.id), soon).toBeUndefined();
  expect(await tickets.takeTicket("other", hash, new Date())).toBeUndefined();
  expect(new Set(heard)).toEqual(new Set([key.id, user.id]));
  expect((await audit.list("other", { limit: 5 })).items).toHaveLength(1);
  const entry = makeEntry("key.create", { tenantId: "other" });
  const missing = { code: "TENANT_NOT_FOUND" };
  await expect(keys.addKey(makeKey({ tenantId: "other" }), entry)).rejects.toMatchObject(missing);
  await expect(users.ensureUser("other", "person", {})).rejects.toMatchObject(missing);
  await expect(tickets.addTicket("other", hash, holder, new Date())).rejects.toMatchObject(missing);
});

test("what was missed while nobody listened is read anew, and all are told", async () => {
  const told: (string | undefined)[] = [];
  const { heard, ...listeners } = listen();
  const { keys, users } = await open({ ...listeners, onTenantChange: (id) => void told.push(id) });
  const key = makeKey();
  await keys.addKey(key, makeEntry("key.create"));
  const user = await users.ensureUser("demo", "person", {});
  await expect.poll(() => new Set(heard)).toEqual(new Set([key.id, user.id]));
  const look = async () => ({
    isRevoked: (await keys.findKeyByHash(key.hash))?.revokedAt !== null,
    status: (await users.findUser("demo", user.id))?.status,
  });
  expect(await look()).toEqual({ isRevoked: false, status: "active" });
  told.length = 0;
  // Nothing is announced here, as while the connection is lost.
  await client.query("set session_replication_role = replica");
  await client.query("update api_keys set revoked_at = now()");
  await client.query("update users set status = 'blocked'");
  expect(await look()).toEqual({ isRevoked: false, status: "active" });
  await client.query(`
    select pg_terminate_backend(pid) from pg_locks join pg_database on oid = database
    where datname = current_database() and locktype = 'advisory'`);
  await expect.poll(() => told, { timeout: 5000 }).toEqual([undefined]);
  expect(await look()).toEqual({ isRevoked: true, status: "blocked" });
});

test("a revoked key is refused also where the line that would tell of it is silent", async () => {
  const { heard, ...listeners } = listen();
  const there = await open();
  line = await openLine(database.url);
  const here = await open({ ...listeners, url: line.url });
  const key = makeKey();
  await there.keys.addKey(key, makeEntry("key.create"));
  await expect.poll(() => heard, soon).toEqual([key.id]);
  const isStopped = line.whenStopped();
  line.stopAt("select 1", "silent");
  await isStopped;
  const own = makeKey();
  expect(await here.keys.findKeyByHash(own.hash)).toBeUndefined();
  await here.keys.addKey(own, makeEntry("key.create"));
  expect(await here.keys.findKeyByHash(own.hash)).toMatchObject({ id: own.id });
  const find = async () => (await here.keys.findKeyByHash(key.hash))?.revokedAt;
  expect(await find()).toBeNull();
  await there.keys.revokeKey("demo", key.id, new Date(), makeEntry("key.revoke"));
  await expect.poll(find, { timeout: 2500, interval: 20 }).toEqual(expect.any(Date));
  expect(heard).toEqual([key.id]);
});

test("settings that nobody understands survive a change, to the digit", async () => {
  const { tenantAdmin } = await open();
  await client.query(
    `update tenants set settings = '{"big": 12345678901234567890.123, "plan": "pro", "constructor": 1, "__proto__": 2}'
     where id = 'demo'`,
  );
  await tenantAdmin.updateTenant("demo", ({ settings: { constructor: _gone, ...rest } }) => ({
    changes: { settings: { ...rest, plan: "free", ["toString"]: "x" } },
    audit: makeEntry("tenant.update"),
  }));
  const read = async (id: string) =>
    (await client.query("select settings::text from tenants where id = $1", [id])).rows[0].settings;
  expect(JSON.parse(await read("demo"))).toEqual(
    JSON.parse(
      '{"big": 12345678901234567890.123, "plan": "free", "toString": "x", "__proto__": 2}',
    ),
  );
  expect(await read("demo")).toContain('"big": 12345678901234567890.123');

  await client.query(`update tenants set settings = '["odd"]' where id = 'other'`);
  const rename = { changes: { name: "New" }, audit: makeEntry("tenant.update") };
  expect(await tenantAdmin.updateTenant("other", () => rename)).toMatchObject({ settings: {} });
  expect(await read("other")).toBe('["odd"]');
});
