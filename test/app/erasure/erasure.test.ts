import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openErasureWorld, type ErasureWorld, type Planted } from "./world.ts";

// Each look for a planted vector takes as long as an index may be late.
vi.setConfig({ testTimeout: 90_000 });

let world: ErasureWorld;

beforeAll(async () => {
  world = await openErasureWorld();
});

afterAll(() => world?.close());

/** The names of things stand in what outlives them on purpose. */
const kept = ["public.audit_log", "public.erasures"];

async function leftOf(text: string): Promise<string[]> {
  return (await world.search(text)).filter((place) => !kept.includes(place));
}

/** Two tenants with data of their own; `word` tells them apart. */
async function plantTwo(name: string): Promise<readonly [gone: Planted, stays: Planted]> {
  return [
    await world.plant(`${name}-gone`, `xy${name}zorblat`),
    await world.plant(`${name}-stays`, `xy${name}quimbex`),
  ];
}

/** A re-check that is clean; then with each leftover planted in turn, which it names. */
async function checkEach(
  receipt: string,
  leftovers: readonly (readonly [
    place: string,
    plant: () => Promise<unknown>,
    remove: () => Promise<unknown>,
  ])[],
): Promise<void> {
  expect(await world.check(receipt)).toMatchObject({ result: "clean", leftovers: {} });
  for (const [place, plant, remove] of leftovers) {
    await plant();
    expect(await world.check(receipt), place).toMatchObject({
      result: "leftovers",
      leftovers: { [place]: 1 },
    });
    await remove();
  }
  expect(await world.check(receipt)).toMatchObject({ result: "clean", leftovers: {} });
}

const sql = (text: string, values: unknown[] = []) => world.sql<object>(text, values);

function addJob(tenantId: string, documentId: string) {
  const data = { kind: "ingest-document", tenantId, data: { documentId, versionId: "ver_x" } };
  return [
    () =>
      sql(
        `insert into pgboss.job (name, data, singleton_key) values ('dead-jobs', $1, 'planted')`,
        [JSON.stringify(data)],
      ),
    () => sql(`delete from pgboss.job where singleton_key = 'planted'`),
  ] as const;
}

test("of a deleted document nothing is left but in answers that people have, and the receipt can be re-checked", async () => {
  const [gone, stays] = await plantTwo("doc");
  const { tenantId, documentId, word } = gone;
  const before = await world.search(stays.word);
  const [version] = await world.sql<{ id: string; vectors: number }>(
    "select id, vectors from tenant_doc_gone.document_versions",
  );
  const [{ number } = { number: 0 }] = await world.sql<{ number: number }>(
    "select number from tenant_doc_gone.search_documents",
  );
  const deleted = await world.must(
    "DELETE",
    `/admin/documents/${documentId}`,
    world.asAdmin(tenantId),
  );
  expect(deleted.status).toBe(204);
  const receipt = await world.settled(deleted.receipt ?? "");
  expect(receipt.counts).toMatchObject({
    documents: 1,
    document_versions: 1,
    passages: 1,
    search_documents: 1,
    vectors: 1,
  });
  expect(receipt.counts["postings"]).toBeGreaterThan(2);

  expect(await leftOf(word)).not.toContainEqual(
    expect.stringMatching(/document|passage|posting|search|pgboss|pinecone/),
  );
  expect(await leftOf(documentId)).toEqual(
    expect.not.arrayContaining(["pinecone", "tenant_doc_gone.documents"]),
  );
  expect((await leftOf(documentId)).filter((one) => !one.startsWith("redis"))).toEqual([
    "tenant_doc_gone.chat_messages",
  ]);
  expect((await world.search(stays.word)).filter((one) => !one.startsWith("redis"))).toEqual(
    before.filter((one) => !one.startsWith("redis")),
  );

  const schema = "tenant_doc_gone";
  const passage = `psg_planted`;
  await checkEach(receipt.id, [
    [
      "documents",
      () =>
        sql(
          `insert into ${schema}.documents (id, source, title, media_type, content, content_hash) values ($1, 's', 't', 'm', '', '')`,
          [documentId],
        ),
      () => sql(`delete from ${schema}.documents`),
    ],
    [
      "postings",
      () => sql(`insert into ${schema}.postings values ('planted', $1, 1, '')`, [number]),
      () => sql(`delete from ${schema}.postings`),
    ],
    [
      "vectors",
      () => world.addVector(tenantId, passage, documentId),
      () => world.dropVector(tenantId, passage),
    ],
    ["jobs", ...addJob(tenantId, documentId)],
  ]);
  expect(version?.vectors).toBe(1);
});

test("of a deleted chat nothing is left, and the receipt can be re-checked", async () => {
  const [gone, stays] = await plantTwo("chat");
  const { tenantId, visitorChat: chat } = gone;
  const asVisitor = { "X-Tenant-ID": tenantId, "X-Visitor-Token": gone.visitorToken };
  const messages = await world.sql<{ id: string; role: string }>(
    "select id, role from tenant_chat_gone.chat_messages where chat_id = $1",
    [chat],
  );
  const answer = messages.find(({ role }) => role === "assistant")?.id ?? "";
  expect(await leftOf(answer)).toContainEqual(expect.stringMatching(/^redis .*turn:/));

  const deleted = await world.must("DELETE", `/chat/${chat}`, asVisitor);
  expect(deleted.status).toBe(204);
  const receipt = await world.settled(deleted.receipt ?? "");
  expect(receipt.counts).toMatchObject({ chats: 1, chat_messages: 2, analytics: 1, cache_keys: 1 });
  for (const id of [chat, ...messages.map(({ id: one }) => one)])
    expect(await leftOf(id), id).toEqual([]);
  expect(
    (await world.call("GET", `/chat/${stays.visitorChat}`, { "X-Tenant-ID": stays.tenantId }))
      .status,
  ).toBe(200);

  const schema = "tenant_chat_gone";
  const key = `miptech:{${tenantId}}:turn:${answer}`;
  await checkEach(receipt.id, [
    [
      "chats",
      () =>
        sql(`insert into ${schema}.chats values ($1, 't', null, null, '{}', null, now(), now())`, [
          chat,
        ]),
      () => sql(`delete from ${schema}.chats where id = $1`, [chat]),
    ],
    [
      "analytics",
      () =>
        sql(
          `insert into ${schema}.analytics (chat_id, message_id, attempt, outcome, prompt_tokens, completion_tokens, total_tokens, cost_estimate, usage_estimated, total_ms)
           values ('', $1, 1, 'stop', 1, 1, 2, 0, false, 1)`,
          [answer],
        ),
      () => sql(`delete from ${schema}.analytics where message_id = $1`, [answer]),
    ],
    ["cache_keys", () => world.redis.xadd(key, "1-1", "e", "{}"), () => world.redis.del(key)],
  ]);
});

test("of a deleted user nothing is left, their tokens are good no more, and the receipt can be re-checked", async () => {
  const [gone, stays] = await plantTwo("user");
  const { tenantId, userId, userChat } = gone;
  const asUser = { "X-Tenant-ID": tenantId, Authorization: `Bearer ${gone.userToken}` };
  const deleted = await world.must("DELETE", `/admin/users/${userId}`, world.asAdmin(tenantId));
  expect(deleted.status).toBe(202);
  expect((await world.call("GET", "/auth/me", asUser)).status).toBe(401);
  const receipt = await world.settled(deleted.receipt ?? "");
  expect(receipt.counts).toMatchObject({
    users: 1,
    external_user_mapping: 1,
    chats: 1,
    chat_messages: 2,
  });
  for (const text of [userId, userChat, `Ms ${gone.word}`, `${gone.word}-person`])
    expect(await leftOf(text), text).toEqual([]);
  expect(await leftOf(stays.userId)).not.toEqual([]);

  const make = `insert into tenant_user_gone.chats values ('chat_late', 't', null, null, '{}', $1, now(), now())`;
  await expect(sql(make, [userId])).rejects.toThrow("the owner was deleted");
  await checkEach(receipt.id, [
    [
      "users",
      () => sql("insert into users (id, tenant_id) values ($1, $2)", [userId, tenantId]),
      () => sql("delete from users where id = $1", [userId]),
    ],
    [
      "chats",
      () =>
        sql(
          `insert into tenant_user_gone.chats values ($1, 't', null, null, '{}', null, now(), now())`,
          [userChat],
        ),
      () => sql(`delete from tenant_user_gone.chats where id = $1`, [userChat]),
    ],
  ]);
});

test("of a deleted tenant nothing is left, and the receipt can be re-checked", async () => {
  const [gone, stays] = await plantTwo("all");
  const { tenantId, word } = gone;
  const before = (await world.search(stays.tenantId)).filter((place) => !place.startsWith("redis"));
  const deleted = await world.must("DELETE", `/admin/tenants/${tenantId}`, world.asAdmin());
  expect(deleted.status).toBe(202);
  for (const path of ["/admin/documents", "/chat"])
    expect((await world.call("GET", path, world.asAdmin(tenantId))).status).toBe(404);
  const receipt = await world.settled(deleted.receipt ?? "");
  expect(receipt.counts).toMatchObject({
    tenants: 1,
    users: 1,
    api_keys: 1,
    chats: 3,
    chat_messages: 4,
    documents: 1,
    vectors: 1,
  });
  expect(receipt.counts["cache_keys"]).toBeGreaterThanOrEqual(2);
  for (const text of [
    word,
    tenantId,
    gone.userId,
    gone.documentId,
    gone.userChat,
    "tenant_all_gone",
  ])
    expect(await leftOf(text), text).toEqual([]);
  const names = await sql(
    `select nspname as name from pg_namespace where nspname = 'tenant_all_gone'
     union all select rolname from pg_roles where rolname like '%/tenant_all_gone'`,
  );
  expect(names).toEqual([]);
  expect(
    (await world.search(stays.tenantId)).filter((place) => !place.startsWith("redis")),
  ).toEqual(before);
  expect(await leftOf(stays.documentId)).toContain("pinecone");

  await checkEach(receipt.id, [
    [
      "schemas",
      () => sql("create schema tenant_all_gone"),
      () => sql("drop schema tenant_all_gone"),
    ],
    [
      "vectors",
      () => world.addVector(tenantId, "psg_left", "doc_left"),
      () => world.dropVector(tenantId, "psg_left"),
    ],
    ["jobs", ...addJob(tenantId, "doc_left")],
    [
      "cache_keys",
      () => world.redis.set(`miptech:limit:requests:${tenantId}`, "1"),
      () => world.redis.del(`miptech:limit:requests:${tenantId}`),
    ],
  ]);
  await world.must("POST", "/admin/tenants", world.asAdmin(), { id: tenantId });
  expect(await world.check(receipt.id)).toMatchObject({ result: "replaced" });
  expect((await world.call("POST", "/chat", { "X-Tenant-ID": tenantId }, {})).status).toBe(201);
});
