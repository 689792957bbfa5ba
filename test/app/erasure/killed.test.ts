import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { expect, inject, test } from "vitest";
import { adminToken, openKilledServer } from "../../ingestion/server.ts";
import { embeddingKey, startEmbeddingServer } from "../../support/embedding-server.ts";
import { pineconeKey, startPineconeServer } from "../../support/pinecone-server.ts";
import { createTestDatabase } from "../../support/postgres.ts";
import { makeTestFolder } from "../../support/test-folder.ts";
import { vectorDimensions } from "../../support/vector-platform.ts";

const root = join(import.meta.dirname, "../../..");

async function openScene(opened: AsyncDisposableStack) {
  const embeddings = await startEmbeddingServer();
  opened.defer(embeddings.close);
  const pinecone = await startPineconeServer();
  opened.defer(pinecone.close);
  const database = await createTestDatabase(inject("postgres"));
  opened.defer(database.drop);
  const dataDir = await makeTestFolder("erasure");
  opened.defer(() => rm(dataDir, { recursive: true }));
  const env = {
    EMBEDDING_BASE_URL: embeddings.baseUrl,
    EMBEDDING_API_KEY: embeddingKey,
    EMBEDDING_DIMENSIONS: String(vectorDimensions),
    PINECONE_API_KEY: pineconeKey,
    PINECONE_CONTROLLER_HOST: pinecone.url,
  };
  const server = openKilledServer(opened, {
    build: root,
    dataDir,
    databaseUrl: database.url,
    env,
  });
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  opened.defer(() => client.end());
  const sql = async <Row extends object>(text: string) => (await client.query<Row>(text)).rows;

  // Of its own: within a transaction nobody sees how others wait.
  const locker = new Client({ connectionString: database.adminUrl });
  await locker.connect();
  opened.defer(() => locker.end());
  const lock = (text: string) => locker.query(text);

  async function call(method: string, path: string, tenantId?: string, body?: object) {
    const headers: Record<string, string> = { "X-Admin-Token": adminToken };
    if (tenantId) headers["X-Tenant-ID"] = tenantId;
    if (body) headers["Content-Type"] = "application/json";
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    const response = await fetch(`${server.url}/api/v1${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Whether somebody waits for a lock with a statement like that. */
  const isWaiting = async (statement: string) =>
    (
      await sql(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
         and query ilike '${statement}%'`,
      )
    ).length > 0;

  return { pinecone, server, sql, lock, call, isWaiting };
}

test(
  "a tenant's deletion that is killed at each of its steps is finished by the next start",
  { timeout: 120_000 },
  async () => {
    await using opened = new AsyncDisposableStack();
    const { pinecone, server, sql, lock, call, isWaiting } = await openScene(opened);
    const patience = { timeout: 40_000 };
    await server.start();
    for (const id of ["gone", "stays"]) {
      await call("POST", "/admin/tenants", undefined, { id });
      const content = "# Book\n\nThe zorblat sleeps at noon.";
      const put = await call("POST", "/admin/documents", id, { source: "book.md", content });
      expect(put.body["ingestion"]).toMatchObject({ state: "complete" });
      await call("POST", "/admin/keys", id, { role: "server", name: "Backend" });
    }

    await lock("begin; lock table tenant_gone.chats in access share mode");
    const deleted = await call("DELETE", "/admin/tenants/gone");
    expect(deleted.status).toBe(202);
    await expect.poll(() => isWaiting("lock table"), patience).toBe(true);
    await server.kill();
    await lock("rollback");
    expect(await sql("select 1 from pg_namespace where nspname = 'tenant_gone'")).toHaveLength(1);

    const index = pinecone.requests.length;
    pinecone.use(({ path }) => (path.startsWith("/indexes") ? { status: 500 } : undefined));
    await server.start();
    await pinecone.nth(index + 1);
    await expect
      .poll(() => sql("select 1 from pg_namespace where nspname = 'tenant_gone'"), patience)
      .toEqual([]);
    await server.kill();
    pinecone.use(undefined);
    expect(pinecone.namespaces.get("gone")?.size).toBe(1);

    await lock("begin; lock table public.api_keys in share mode");
    await server.start();
    await expect.poll(() => isWaiting("delete from public.api_keys"), patience).toBe(true);
    expect(pinecone.namespaces.has("gone")).toBe(false);
    await server.kill();
    await lock("rollback");
    expect(await sql("select status from tenants where id = 'gone'")).toEqual([
      { status: "erasing" },
    ]);

    await server.start();
    const path = `/admin/erasures/${String(deleted.body["id"])}`;
    await expect
      .poll(async () => (await call("GET", path)).body["state"], patience)
      .toBe("complete");
    expect((await call("GET", path)).body["counts"]).toMatchObject({
      documents: 1,
      passages: 1,
      api_keys: 1,
      tenants: 1,
    });
    expect((await call("POST", `${path}/check`)).body).toMatchObject({ result: "clean" });
    expect(await sql("select id from tenants")).toContainEqual({ id: "stays" });
    expect((await call("GET", "/admin/documents", "stays")).body["items"]).toHaveLength(1);
    expect(pinecone.namespaces.get("stays")?.size).toBe(1);
  },
);
