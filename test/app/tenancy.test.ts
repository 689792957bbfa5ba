import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp } from "../../api/app.ts";
import { createRecordingLogger } from "../support/logger.ts";
import { insertTenant, startPlatform, testConfig, type Platform } from "../support/platform.ts";
import { openWs } from "../support/ws-client.ts";

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({
    env: { POSTGRES_POOL_SIZE: "2", DATABASE_URL: "postgres://unused" },
  });
});

afterAll(() => platform?.close());

function createChat(tenant: string): Promise<Response> {
  const headers = { "X-Tenant-ID": tenant, "Content-Type": "application/json" };
  return fetch(`${platform.url}/api/v1/chat/`, {
    method: "POST",
    headers,
    body: '{"title":"Test Chat"}',
  });
}

test("forty parallel first requests of a tenant inserted with SQL make one schema and none hangs", async () => {
  await insertTenant(platform, "fresh-one");
  const responses = await Promise.all(Array.from({ length: 40 }, () => createChat("fresh-one")));
  expect(responses.map(({ status }) => status)).toEqual(Array(40).fill(201));
  const applied = await platform.adminSql<{ name: string }>(
    "select name from tenant_fresh_one.migrations order by id",
  );
  expect(applied.map(({ name }) => name)).toEqual([
    "001-chats",
    "002-documents",
    "003-feedback",
    "004-crashes",
    "005-budgets",
    "006-chat-order",
    "007-search-index",
    "008-ingestion",
    "009-unanswered",
    "010-web-sources",
    "011-erasure",
    "012-chat-changes",
    "013-branches",
    "014-old-processes",
    "015-embedded-by",
  ]);
});

test("an empty schema made by hand is migrated at the first request", async () => {
  await insertTenant(platform, "by-hand");
  await platform.sql("create schema tenant_by_hand");
  expect((await createChat("by-hand")).status).toBe(201);
});

test("a schema that was dropped while the server runs is made again", async () => {
  await insertTenant(platform, "dropped");
  expect((await createChat("dropped")).status).toBe(201);
  await platform.adminSql("drop schema tenant_dropped cascade");
  expect((await createChat("dropped")).status).toBe(201);
});

test("the server's login can read no tenant's tables, with or without a schema in the query", async () => {
  await insertTenant(platform, "fenced");
  await createChat("fenced");
  await expect(platform.sql("select * from tenant_fenced.chats")).rejects.toThrow(
    /permission denied for table chats/,
  );
  const schemas = await platform.sql(
    "select schema_name from information_schema.schemata where schema_name = 'tenant_fenced'",
  );
  expect(schemas).toHaveLength(1);
  await expect(platform.sql("select * from chats")).rejects.toThrow(
    /relation "chats" does not exist/,
  );
});

test("the role of one tenant is refused by the tables of another", async () => {
  await insertTenant(platform, "left");
  await insertTenant(platform, "right");
  await Promise.all([createChat("left"), createChat("right")]);
  const [{ name } = { name: "" }] = await platform.sql<{ name: string }>(
    "select current_database() as name",
  );
  const takeRole = `set role "${name}/tenant_left"`;
  const read = (schema: string) =>
    platform.sql(`do $$ begin ${takeRole}; perform * from ${schema}.chats; end $$`);
  await expect(read("tenant_left")).resolves.toEqual([]);
  await expect(read("tenant_right")).rejects.toThrow(/permission denied/);
});

test("unknown, suspended and malformed tenants are refused alike over REST", async () => {
  await insertTenant(platform, "suspended");
  await platform.sql("update tenants set status = 'suspended' where id = 'suspended'");
  await expect.poll(() => platform.app.tenants.findTenant("suspended")).toBeUndefined();
  const answers = await Promise.all(
    ["nobody", "suspended", "No Such_Tenant!"].map(async (id) => {
      const response = await createChat(id);
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      return { status: response.status, code: error.code, message: error.message };
    }),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toEqual({
    status: 404,
    code: "TENANT_NOT_FOUND",
    message: "Tenant not found",
  });
});

test("a suspended tenant's open connections are closed, and it is refused from then on", async () => {
  await insertTenant(platform, "leaving");
  const client = await openWs(platform.wsUrl, { tenant_id: "leaving" });
  await platform.sql("update tenants set status = 'suspended' where id = 'leaving'");
  expect(await client.closed).toBe(4404);
  expect((await createChat("leaving")).status).toBe(404);
});

test("a change of settings made with psql takes effect", async () => {
  await insertTenant(platform, "changing");
  const client = await openWs(platform.wsUrl, { tenant_id: "changing" });
  await platform.sql(
    `update tenants set settings = '{"features": {"chat": false}}' where id = 'changing'`,
  );
  await expect
    .poll(async () => {
      const response = await fetch(`${platform.url}/api/v1/auth/tenant/changing`);
      return ((await response.json()) as { features: object }).features;
    })
    .toMatchObject({ chat: false });
  const again = await openWs(platform.wsUrl, { tenant_id: "changing" });
  again.send("chat_message", { message: "hello" });
  expect((await again.until("error")).data.error_code).toBe("FEATURE_DISABLED");
  await Promise.all([client.close(), again.close()]);
});

test("a second process on the same database is refused", async () => {
  await expect(
    createApp(testConfig(), platform.database.url, { logger: createRecordingLogger() }),
  ).rejects.toThrow(/Another process serves this database already/);
});
