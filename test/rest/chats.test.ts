import { describe, expect, test } from "vitest";
import { makeTenant } from "../support/tenant.ts";
import { chatSchema, newChatSchema } from "../../api/rest/wire.ts";
import { chatPage, createPlatform, prefix, readBody, readError } from "./platform.ts";

const chatPath = `${prefix}/chat`;

describe("a chat over REST", () => {
  test("made without a token comes with the token of its new visitor, which lists it", async () => {
    const { call } = createPlatform();
    const made = await call(`${chatPath}/`, {
      json: { title: "Test Chat" },
      headers: { "X-Tenant-ID": "demo" },
    });
    expect(made.status).toBe(201);
    const { visitor_token, ...chat } = await readBody(made, newChatSchema);
    expect(chat.id).toMatch(/^chat_[0-9a-z]{26}$/);
    expect(made.headers.get("location")).toBe(`${chatPath}/${chat.id}`);

    const listed = await call(chatPath, { headers: { Authorization: `Bearer ${visitor_token}` } });
    expect(await readBody(listed, chatPage)).toEqual({ items: [chat], next: null });
  });

  test("made with a token belongs to that visitor, and no token is given", async () => {
    const { call, makeChat } = createPlatform();
    const { token } = await makeChat();
    const headers = { "X-Visitor-Token": token };
    const second = await readBody(await call(chatPath, { json: {}, headers }), newChatSchema);
    expect(second).not.toHaveProperty("visitor_token");
    const listed = await readBody(await call(chatPath, { headers }), chatPage);
    expect(listed.items).toHaveLength(2);
  });

  test("keeps every field of the seed and gives it back", async () => {
    const { call } = createPlatform();
    const fields = {
      title: "Customer Support Chat",
      user_id: "user-123",
      visitor_id: "visitor-456",
      context: { page_url: "https://example.com/pricing", nested: { list: [1, "two", null] } },
    };
    const made = await readBody(
      await call(`${chatPath}/`, { json: { ...fields, unknown_field: 1 } }),
      newChatSchema,
    );
    const got = await readBody(await call(`${chatPath}/${made.id}`), chatSchema);
    expect(got).toEqual({
      ...fields,
      id: made.id,
      created_at: "2030-01-01T00:00:00.000Z",
      updated_at: "2030-01-01T00:00:00.000Z",
    });
  });

  test("can be made with an empty body, and with nulls for what is left out", async () => {
    const { call } = createPlatform();
    for (const body of [
      "",
      "{}",
      '{"title":null,"user_id":null,"visitor_id":null,"context":null}',
    ]) {
      const made = await call(chatPath, { method: "POST", body });
      expect(made.status).toBe(201);
      expect(await made.json()).toMatchObject({ user_id: null, visitor_id: null, context: {} });
    }
  });

  test("is refused with a character that the database can't hold", async () => {
    const { call } = createPlatform();
    for (const fields of [{ title: "a\0b" }, { user_id: "\0u" }, { visitor_id: "\ud800" }]) {
      expect(await readError(await call(chatPath, { json: fields }))).toMatchObject({
        status: 400,
        code: "INVALID_REQUEST",
      });
    }
  });

  test("is renamed and deleted", async () => {
    const { call, makeChat } = createPlatform();
    const { id } = await makeChat();
    const renamed = await call(`${chatPath}/${id}/`, {
      method: "PATCH",
      json: { title: " New name " },
    });
    expect(await renamed.json()).toMatchObject({ id, title: " New name " });
    const deleted = await call(`${chatPath}/${id}`, { method: "DELETE" });
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect(await readError(await call(`${chatPath}/${id}`))).toMatchObject({
      status: 404,
      code: "CHAT_NOT_FOUND",
    });
  });

  test("is listed to nobody but a proven visitor", async () => {
    const { call, makeChat } = createPlatform();
    await makeChat();
    const refused = await call(chatPath, { headers: { "X-Client-ID": "client-1" } });
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    expect(await readError(refused)).toMatchObject({ status: 401, code: "VISITOR_TOKEN_REQUIRED" });
  });

  test("lists come in pages that leave nothing out", async () => {
    const { call, makeChat, clock } = createPlatform();
    const { id, token } = await makeChat();
    const ids = [id];
    const headers = { "X-Visitor-Token": token };
    for (let count = 0; count < 4; count += 1) {
      clock.advance(1000);
      ids.push((await readBody(await call(chatPath, { json: {}, headers }), newChatSchema)).id);
    }
    const seen: string[] = [];
    let next: string | null = "";
    while (next !== null) {
      const after: string = next && `&after=${encodeURIComponent(next)}`;
      const page = await readBody(await call(`${chatPath}?limit=2${after}`, { headers }), chatPage);
      seen.push(...page.items.map((chat) => chat.id));
      next = page.next;
    }
    expect(seen).toEqual(ids.toReversed());
  });

  test("of a tenant that asks for proof opens to its visitor alone", async () => {
    const { call, makeChat } = createPlatform({
      tenants: [makeTenant("demo", { chat_access: "visitor" })],
    });
    const [{ id, token }, stranger] = [await makeChat(), await makeChat()];
    expect(
      (await call(`${chatPath}/${id}`, { headers: { "X-Visitor-Token": token } })).status,
    ).toBe(200);
    for (const headers of [{}, { "X-Visitor-Token": stranger.token }]) {
      expect((await call(`${chatPath}/${id}`, { headers })).status).toBe(404);
      expect((await call(`${chatPath}/${id}`, { method: "DELETE", headers })).status).toBe(404);
      expect((await call(`${chatPath}/${id}/messages`, { headers })).status).toBe(404);
      expect((await call(`${chatPath}/${id}/events`, { headers })).status).toBe(404);
    }
  });

  test("and its token are nothing to another tenant", async () => {
    const { call, makeChat } = createPlatform();
    const { id, token } = await makeChat({ "X-Tenant-ID": "demo" });
    const elsewhere = { "X-Tenant-ID": "miptech-company" };
    expect(await readError(await call(`${chatPath}/${id}`, { headers: elsewhere }))).toMatchObject({
      status: 404,
      code: "CHAT_NOT_FOUND",
    });
    const withToken = await call(chatPath, { headers: { ...elsewhere, "X-Visitor-Token": token } });
    expect(await readError(withToken)).toMatchObject({ status: 401, code: "INVALID_TOKEN" });
  });
});
