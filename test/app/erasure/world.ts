import { Redis } from "ioredis";
import { Client } from "pg";
import { expect, inject } from "vitest";
import { answerWith } from "../../support/openai-server.ts";
import { pineconeKey } from "../../support/pinecone-server.ts";
import { adminToken } from "../../support/platform.ts";
import {
  startVectorPlatform,
  vectorDimensions,
  type VectorPlatform,
} from "../../support/vector-platform.ts";

export interface Answered {
  readonly status: number;
  readonly receipt: string | null;
  readonly body: Record<string, unknown>;
}

export interface Receipt {
  readonly id: string;
  readonly state: string;
  readonly counts: Record<string, number>;
}

/** What a tenant was given through the doors. All of it holds `word`, which stands nowhere else. */
export interface Planted {
  readonly tenantId: string;
  readonly word: string;
  readonly documentId: string;
  readonly userId: string;
  readonly userToken: string;
  readonly serverKey: string;
  readonly userChat: string;
  readonly visitorChat: string;
  readonly visitorToken: string;
}

/** A platform with Redis and Pinecone in which everything that is stored can be searched. */
export async function openErasureWorld() {
  const redis = new Redis(inject("redis").url);
  const vectors: VectorPlatform = await startVectorPlatform({ REDIS_URL: inject("redis").url });
  const { platform, pinecone, server } = vectors;

  const client = new Client({ connectionString: platform.database.adminUrl });
  await client.connect();
  const sql = async <Row extends object>(text: string, values: unknown[] = []) =>
    (await client.query<Row>(text, values)).rows;

  async function call(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: object,
  ): Promise<Answered> {
    const response = await fetch(`${platform.url}/api/v1${path}`, {
      method,
      headers: { ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    const parsed = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    const receipt = response.headers.get("x-erasure-receipt");
    return { status: response.status, receipt, body: parsed };
  }

  async function must(...args: Parameters<typeof call>): Promise<Answered> {
    const answered = await call(...args);
    expect(answered.status, `${args[0]} ${args[1]}: ${JSON.stringify(answered.body)}`).toBeLessThan(
      300,
    );
    return answered;
  }

  const asAdmin = (tenantId?: string): Record<string, string> => ({
    "X-Admin-Token": adminToken,
    ...(tenantId ? { "X-Tenant-ID": tenantId } : {}),
  });

  async function plant(tenantId: string, word: string): Promise<Planted> {
    const admin = asAdmin(tenantId);
    await must("POST", "/admin/tenants", asAdmin(), { id: tenantId });
    const text = `# The ${word} book\n\nA ${word} is fed at nine. It likes apples.`;
    const documentId = await vectors.bring(tenantId, `${word}.md`, text);
    const key = await must("POST", "/admin/keys", admin, { role: "server", name: "Backend" });
    const serverKey = String(key.body["key"]);
    const asServer = { "X-Tenant-ID": tenantId, "X-API-Key": serverKey };
    const user = { id: `${word}-person`, name: `Ms ${word}`, email: `${word}@example.com` };
    const made = await must("POST", "/auth/token", asServer, { user });
    const userToken = String(made.body["access_token"] ?? made.body["token"]);
    const asUser = { "X-Tenant-ID": tenantId, Authorization: `Bearer ${userToken}` };
    const me = await must("GET", "/auth/me", asUser);
    const userId = String((me.body["user"] as { id: string }).id);
    await must("POST", "/auth/ticket", asUser);
    const userChat = await converse(asUser, word);
    const first = await must("POST", "/chat", { "X-Tenant-ID": tenantId }, { title: `${word} 1` });
    const visitorToken = String(first.body["visitor_token"]);
    const asVisitor = { "X-Tenant-ID": tenantId, "X-Visitor-Token": visitorToken };
    const visitorChat = await converse(asVisitor, word);
    const own = { documentId, userId, userToken, serverKey };
    return { tenantId, word, ...own, userChat, visitorChat, visitorToken };
  }

  async function converse(headers: Record<string, string>, word: string): Promise<string> {
    server.use(answerWith([`A ${word} is fed at nine [1].`]));
    const chat = String((await must("POST", "/chat", headers, { title: word })).body["id"]);
    const posted = await must("POST", `/chat/${chat}/messages`, headers, {
      content: `When is a ${word} fed?`,
    });
    const answer = String((posted.body["reply"] as { id: string }).id);
    const rating = { rating: "up", comment: `${word}!` };
    await must("PUT", `/chat/${chat}/messages/${answer}/feedback`, headers, rating);
    return chat;
  }

  /** Where a text stands: tables of all schemas, keys of Redis, namespaces of Pinecone. */
  async function search(text: string): Promise<string[]> {
    const hex = Buffer.from(text).toString("hex");
    const tables = await sql<{ schema: string; name: string }>(
      `select schemaname as schema, tablename as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const places: string[] = [];
    for (const { schema, name } of tables) {
      const rows = await sql<{ count: number }>(
        `select count(*)::int as count from "${schema}"."${name}" t
         where strpos(lower(t::text), lower($1)) > 0 or strpos(t::text, $2) > 0`,
        [text, hex],
      );
      if ((rows[0]?.count ?? 0) > 0) places.push(`${schema}.${name}`);
    }
    for (const key of await redis.keys("*")) {
      const kind = await redis.type(key);
      const held = kind === "stream" ? JSON.stringify(await redis.xrange(key, "-", "+")) : "";
      if (`${key} ${held}`.includes(text)) places.push(`redis ${key}`);
    }
    const named = JSON.stringify([...pinecone.namespaces].map(([n, v]) => [n, [...v.values()]]));
    if (named.includes(text)) places.push("pinecone");
    return places.toSorted();
  }

  async function settled(id: string): Promise<Receipt> {
    const read = async () =>
      (await must("GET", `/admin/erasures/${id}`, asAdmin())).body as unknown as Receipt;
    await expect.poll(async () => (await read()).state, { timeout: 30_000 }).toBe("complete");
    return read();
  }

  const check = async (id: string) =>
    (await must("POST", `/admin/erasures/${id}/check`, asAdmin())).body as unknown as {
      result: string;
      leftovers: Record<string, number>;
    };

  /** Writes to Pinecone as anybody with the key could. */
  async function writeVectors(path: string, body: object): Promise<void> {
    const headers = { "Api-Key": pineconeKey, "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    expect((await fetch(`${pinecone.url}/vectors/${path}`, init)).ok).toBe(true);
  }

  return {
    ...vectors,
    redis,
    /** As superuser: no tenant's rows are hidden. */
    sql,
    addVector: (namespace: string, id: string, documentId: string) => {
      const values = Array.from({ length: vectorDimensions }, () => 0.1);
      const record = { id, values, metadata: { documentId } };
      return writeVectors("upsert", { namespace, vectors: [record] });
    },
    dropVector: (namespace: string, id: string) => writeVectors("delete", { namespace, ids: [id] }),
    call,
    must,
    asAdmin,
    plant,
    search,
    settled,
    check,
    async close() {
      redis.disconnect();
      await client.end();
      await vectors.close();
    },
  };
}

export type ErasureWorld = Awaited<ReturnType<typeof openErasureWorld>>;
