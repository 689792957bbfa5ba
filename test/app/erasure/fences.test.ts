import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openWs } from "../../support/ws-client.ts";
import { openErasureWorld, type ErasureWorld } from "./world.ts";

vi.setConfig({ testTimeout: 60_000 });

let world: ErasureWorld;

beforeAll(async () => {
  world = await openErasureWorld();
});

afterAll(() => world?.close());

const kept = ["public.audit_log", "public.erasures"];
const leftOf = async (text: string) =>
  (await world.search(text)).filter((place) => !kept.includes(place));

/** Asks, until the first piece of the answer is there; the model goes on when the test lets it. */
async function beginTurn(tenantId: string) {
  const { server, platform } = world;
  server.use(undefined);
  const index = server.requests.length;
  const client = await openWs(platform.wsUrl, { tenant_id: tenantId });
  client.send("chat_message", { message: "When is the zorblat fed?" });
  const { chat_id: chatId, message_id: messageId } = (await client.until("processing")).data;
  const request = await server.nth(index);
  request.say("It is fed ");
  await client.until("response_chunk");
  return { client, chatId, messageId, request };
}

test("a chat that is deleted while it is answered leaves nothing, though its process goes on writing", async () => {
  const tenantId = "fence-chat";
  await world.must("POST", "/admin/tenants", world.asAdmin(), { id: tenantId });
  const { client, chatId, messageId, request } = await beginTurn(tenantId);
  expect(await leftOf(messageId)).toContain(`redis miptech:{${tenantId}}:turn:${messageId}`);
  const deleted = await world.must("DELETE", `/chat/${chatId}`, world.asAdmin(tenantId));
  const receipt = await world.settled(deleted.receipt ?? "");
  await request.closed;
  const again = await world.call("POST", `/chat/${chatId}/messages`, world.asAdmin(tenantId), {
    content: "Still there?",
  });
  expect(again.status).toBe(404);
  await client.close();
  expect(await leftOf(messageId)).toEqual([]);
  expect(await leftOf(chatId)).toEqual([]);
  expect(await world.check(receipt.id)).toMatchObject({ result: "clean" });
});

test("a tenant that is deleted while it is answered, asked and taught leaves nothing, and nothing makes its schema again", async () => {
  const tenantId = "fence-all";
  await world.must("POST", "/admin/tenants", world.asAdmin(), { id: tenantId });
  const tenant = await world.platform.app.tenants.findTenant(tenantId);
  const { client, messageId, request } = await beginTurn(tenantId);
  let isDone = false;
  const busy = Array.from({ length: 4 }, async (_, n) => {
    for (let round = 0; !isDone; round += 1) {
      const source = `fence-${n}-${round}.md`;
      const content = `# Zorblat ${n}\n\nRound ${round}.`;
      const put = { source, content };
      await world.call("POST", "/admin/documents", world.asAdmin(tenantId), put);
      await world.call("POST", "/chat", { "X-Tenant-ID": tenantId }, { title: "zorblat" });
    }
  });
  const deleted = await world.must("DELETE", `/admin/tenants/${tenantId}`, world.asAdmin());
  expect(await client.closed).toBe(4404);
  await request.closed;
  const receipt = await world.settled(deleted.receipt ?? "");
  isDone = true;
  await Promise.all(busy);
  if (!tenant) throw new Error("The tenant was not made");
  const late = { source: "a.md", title: "A", url: null, mediaType: "text/markdown", text: "A" };
  await expect(world.platform.app.syncDocuments(tenant, "a", [late])).rejects.toMatchObject({
    code: "TENANT_NOT_FOUND",
  });
  expect(await leftOf(messageId)).toEqual([]);
  expect(await leftOf(tenantId)).toEqual([]);
  expect(await world.sql("select 1 from pg_namespace where nspname = 'tenant_fence_all'")).toEqual(
    [],
  );
  expect(await world.check(receipt.id)).toMatchObject({ result: "clean", leftovers: {} });
});

test("a deleted user whom the site vouches for anew is a new user", async () => {
  const { userId, serverKey, tenantId, word } = await world.plant("fence-user", "xyfencezorblat");
  const asServer = { "X-Tenant-ID": tenantId, "X-API-Key": serverKey };
  const deleted = await world.must("DELETE", `/admin/users/${userId}`, world.asAdmin(tenantId));
  await world.settled(deleted.receipt ?? "");
  const user = { id: `${word}-person` };
  const made = await world.must("POST", "/auth/token", asServer, { user });
  expect((made.body["user"] as { id: string }).id).not.toBe(userId);
});

test("a tenant's admin sees their own tenant's receipts alone, and deletes no tenant", async () => {
  const mine = await world.plant("fence-mine", "xyminezorblat");
  const other = await world.plant("fence-other", "xyotherzorblat");
  const path = `/admin/documents/${other.documentId}`;
  const { receipt } = await world.must("DELETE", path, world.asAdmin(other.tenantId));
  const key = await world.must("POST", "/admin/keys", world.asAdmin(mine.tenantId), {
    role: "admin",
    name: "Admin",
  });
  const asMine = { "X-Tenant-ID": mine.tenantId, "X-API-Key": String(key.body["key"]) };
  expect((await world.must("GET", "/admin/erasures", asMine)).body["items"]).toEqual([]);
  for (const [method, tail] of [
    ["GET", ""],
    ["POST", "/check"],
  ] as const) {
    const answered = await world.call(method, `/admin/erasures/${receipt}${tail}`, asMine);
    expect([answered.status, answered.body["error"]]).toMatchObject([
      404,
      { code: "ERASURE_NOT_FOUND" },
    ]);
  }
  expect((await world.call("DELETE", `/admin/tenants/${mine.tenantId}`, asMine)).status).toBe(403);
  expect((await world.call("DELETE", `/admin/tenants/${other.tenantId}`, asMine)).status).toBe(404);
});
