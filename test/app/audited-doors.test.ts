import { expect, test } from "vitest";
import { adminToken, createPlatform, prefix } from "../rest/platform.ts";

const headers = { "X-Admin-Token": adminToken };
const graphql = (query: string) => ({ json: { query }, headers });

test("what an admin does to people is in the audit log, at whichever door", async () => {
  const { call, makeChat, access } = createPlatform();
  const chats = [await makeChat(), await makeChat(), await makeChat()].map(({ id }) => id);
  const [first = "", second = "", third = ""] = chats;
  const server = await access.makeKey("demo", "server");
  const { text: admin, key } = await access.makeKey("demo", "admin");
  const seen = (await access.audit.list("demo", { limit: 100 })).items.length;

  const asServer = { headers: { "X-API-Key": server.text } };
  await call(`${prefix}/chat/${third}`, { method: "DELETE", ...asServer });
  await call(`${prefix}/auth/token`, { json: { user: { id: "ann" } }, ...asServer });
  const asAdmin = { "X-API-Key": admin };
  await call(`${prefix}/chat/${first}`, { method: "DELETE", headers: asAdmin });
  await call(`${prefix}/auth/token`, { json: { user: { id: "ann" } }, headers: asAdmin });
  await call(
    "/graphql",
    graphql(`mutation { deleteChat(input: { chatId: "${second}" }) { deletedChatId } }`),
  );
  await call(
    "/graphql",
    graphql('mutation { createUserToken(input: { externalId: "ann" }) { expiresIn } }'),
  );

  const { items } = await access.audit.list("demo", { limit: 100 });
  const added = items.slice(0, items.length - seen).toReversed();
  const user = await access.makeUser("demo", "ann");
  const own = { kind: "key", id: key.id, address: "127.0.0.1" };
  const platform = { kind: "platform", id: null, address: "127.0.0.1" };
  expect(added.map(({ action, actor, target }) => [action, actor, target])).toEqual([
    ["chat.delete", own, first],
    ["token.create", own, user.id],
    ["chat.delete", platform, second],
    ["token.create", platform, user.id],
  ]);
  for (const id of chats)
    expect((await call(`${prefix}/chat/${id}`, { headers })).status).toBe(404);
});

test("a page of a name that leads here is none of ours, at whichever door", async () => {
  const { call } = createPlatform();
  const evil = "http://evil.example:8000";
  const asked = { headers: { Origin: evil } };
  const answers = [
    await call(`${evil}${prefix}/auth/me`, asked),
    await call(`${evil}/graphql`, { json: { query: "{ __typename }" }, ...asked }),
    await call(`${evil}${prefix}/chat`, {
      method: "OPTIONS",
      headers: { Origin: evil, "Access-Control-Request-Method": "POST" },
    }),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(403);
    expect(answer.headers.has("access-control-allow-origin")).toBe(false);
  }
  const own = "http://localhost:8000";
  expect((await call(`${own}${prefix}/auth/me`, { headers: { Origin: own } })).status).toBe(200);
});
