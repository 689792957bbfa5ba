import { describe, expect, test } from "vitest";
import { callerSchema, claimedSchema, ticketSchema } from "../../api/rest/caller.ts";
import { newTokenSchema } from "../../api/rest/sign-in.ts";
import { makeTenant } from "../support/tenant.ts";
import { adminToken, chatPage, createPlatform, prefix, readBody, readError } from "./platform.ts";

const auth = `${prefix}/auth`;
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

async function open() {
  const platform = createPlatform({
    tenants: [makeTenant("demo", { allowed_origins: ["https://a.example"] }), makeTenant("other")],
  });
  const { call, access } = platform;
  const server = await access.makeKey("demo", "server");
  const exchange = async (json: object, headers = { "X-API-Key": server.text }) =>
    call(`${auth}/token`, { json, headers });
  const signIn = async (id: string) =>
    (await readBody(await exchange({ user: { id } }), newTokenSchema)).access_token;
  const me = async (headers: Record<string, string> = {}) =>
    readBody(await call(`${auth}/me`, { headers }), callerSchema);
  return { ...platform, server, exchange, signIn, me };
}

describe("POST /auth/token", () => {
  test("gives a server a token for its user, which proves that user", async () => {
    const { exchange, me, clock } = await open();
    const user = { id: "u-1", name: "Ann", email: "ann@example.com" };
    const response = await exchange({ user, expires_in: 120 });
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
    const { access_token, ...rest } = await readBody(response, newTokenSchema);
    const shown = {
      id: expect.stringMatching(/^user_/),
      external_id: "u-1",
      name: "Ann",
      email: "ann@example.com",
      role: "member",
      status: "active",
      created_at: new Date(clock.now()).toISOString(),
    };
    expect(rest).toEqual({ token_type: "Bearer", expires_in: 120, user: shown });
    expect(await me(bearer(access_token))).toEqual({
      tenant_id: "demo",
      kind: "user",
      visitor_id: null,
      user: shown,
      key: null,
      admin: null,
      expires_at: new Date(clock.now() + 120_000).toISOString(),
    });
  });

  test("serves the platform's admin too, and nobody without a secret key", async () => {
    const { exchange, call, access, signIn } = await open();
    const json = { user: { id: "u-1" } };
    const admin = await call(`${auth}/token`, { json, headers: { "X-Admin-Token": adminToken } });
    const made = await readBody(admin, newTokenSchema);
    const { items } = await access.audit.list("demo", { limit: 1 });
    expect(items).toMatchObject([
      { action: "token.create", target: made.user.id, actor: { kind: "platform" } },
    ]);
    const { text } = await access.makeKey("demo", "publishable");
    const page = { "X-API-Key": text, Origin: "https://a.example" };
    const user = bearer(await signIn("u-2"));
    for (const headers of [{}, page, user]) {
      const response = await call(`${auth}/token`, { json, headers });
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect(await readError(response)).toMatchObject({ status: 401, code: "TOKEN_REQUIRED" });
    }
    expect((await exchange(json)).status).toBe(200);
  });

  test.each([
    {},
    { user: {} },
    { user: { id: "" } },
    { user: { id: "  " } },
    { user: { id: "x".repeat(257) } },
    { user: { id: "a\0b" } },
    { user: { id: 7 } },
    { user: { id: "u", name: "\ud800" } },
    { user: { id: "u", name: "x".repeat(201) } },
    { user: { id: "u", email: "x".repeat(321) } },
    { user: { id: "u" }, expires_in: 59 },
    { user: { id: "u" }, expires_in: 86_401 },
    { user: { id: "u" }, expires_in: 60.5 },
    { user: { id: "u" }, expires_in: "3600" },
  ])("refuses %j", async (json) => {
    const { exchange, gate } = await open();
    expect(await readError(await exchange(json))).toMatchObject({
      status: 400,
      code: "INVALID_REQUEST",
    });
    expect((await gate.users.listUsers("demo", { limit: 1 })).items).toEqual([]);
  });
});

describe("POST /auth/refresh", () => {
  test("gives a fresh token for one that is shown", async () => {
    const { call, signIn, me, clock } = await open();
    const token = await signIn("u-1");
    clock.advance(3_000_000);
    const refreshed = await call(`${auth}/refresh`, { method: "POST", headers: bearer(token) });
    const { access_token, expires_in } = await readBody(refreshed, newTokenSchema);
    expect(expires_in).toBe(3600);
    clock.advance(3_000_000);
    expect((await me(bearer(access_token))).user?.external_id).toBe("u-1");
    const late = await call(`${auth}/refresh`, { method: "POST", headers: bearer(token) });
    expect(await readError(late)).toMatchObject({ status: 401, code: "INVALID_TOKEN" });
  });

  test("gives none where no user's token is shown", async () => {
    const { call, server, makeChat } = await open();
    const { token } = await makeChat();
    for (const headers of [{}, bearer(server.text), bearer(token), bearer(adminToken)]) {
      const refused = await call(`${auth}/refresh`, { method: "POST", headers });
      expect(await readError(refused)).toMatchObject({ status: 401, code: "TOKEN_REQUIRED" });
    }
  });
});

describe("GET /auth/me", () => {
  test("says what is known of whoever calls", async () => {
    const { me, server, makeChat, access } = await open();
    const nobody = { visitor_id: null, user: null, key: null, admin: null, expires_at: null };
    expect(await me()).toEqual({ tenant_id: "demo", kind: "anonymous", ...nobody });
    const { token } = await makeChat();
    expect(await me({ "X-Visitor-Token": token })).toMatchObject({
      kind: "visitor",
      visitor_id: expect.stringMatching(/^vis_/),
    });
    const { key, text } = server;
    const shown = { id: key.id, name: "For tests", prefix: text.slice(0, 11), role: "server" };
    expect(await me(bearer(text))).toMatchObject({ kind: "key", key: shown, admin: null });
    expect(await me({ "X-Admin-Token": adminToken })).toMatchObject({
      kind: "admin",
      admin: "platform",
    });
    const admin = await access.makeKey("demo", "admin");
    expect(await me({ "X-API-Key": admin.text })).toMatchObject({ kind: "key", admin: "tenant" });
  });

  test("is counted and not cached, and the validation of a tenant has no caller", async () => {
    const { call } = await open();
    const first = await call(`${auth}/me`);
    expect(first.headers.get("cache-control")).toBe("no-store");
    expect(first.headers.get("x-ratelimit-remaining")).toBe("59");
    const wrong = { headers: bearer("wrong") };
    const refused = await call(`${auth}/me`, wrong);
    expect([refused.status, refused.headers.get("x-ratelimit-remaining")]).toEqual([401, null]);
    const validated = await call(`${auth}/tenant/demo`, wrong);
    expect([validated.status, validated.headers.get("x-ratelimit-remaining")]).toEqual([200, "58"]);
    expect((await call(`${auth}/nothing`)).headers.get("x-ratelimit-remaining")).toBe("57");
  });
});

describe("POST /auth/ticket", () => {
  test("gives a ticket that stands for what is shown, bound to the page", async () => {
    const { call, signIn, gate, clock } = await open();
    const headers = { ...bearer(await signIn("u-1")), Origin: "https://a.example" };
    const response = await call(`${auth}/ticket`, { method: "POST", headers });
    const { ticket, expires_in } = await readBody(response, ticketSchema);
    expect(expires_in).toBe(30);
    const now = new Date(clock.now());
    expect(await gate.tickets.takeTicket("demo", gate.secrets.hash(ticket), now)).toMatchObject({
      userId: expect.stringMatching(/^user_/),
      origin: "https://a.example",
    });
  });

  test("gives none to the platform's admin", async () => {
    const { call } = await open();
    const headers = { "X-Admin-Token": adminToken };
    const refused = await call(`${auth}/ticket`, { method: "POST", headers });
    expect(await readError(refused)).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
  });
});

describe("POST /auth/claim", () => {
  test("makes a visitor's chats the user's: the visitor has them no more", async () => {
    const { call, makeChat, signIn } = await open();
    const { id, token } = await makeChat();
    const user = bearer(await signIn("u-1"));
    const claim = (headers: Record<string, string>, visitor_token: string) =>
      call(`${auth}/claim`, { json: { visitor_token }, headers });
    expect(await readBody(await claim(user, token), claimedSchema)).toEqual({ claimed: 1 });
    const listed = await readBody(await call(`${prefix}/chat`, { headers: user }), chatPage);
    expect(listed.items.map((chat) => chat.id)).toEqual([id]);
    for (const headers of [{}, { "X-Visitor-Token": token }, bearer(await signIn("u-2"))]) {
      const refused = await readError(await call(`${prefix}/chat/${id}`, { headers }));
      expect(refused).toMatchObject({ status: 404, code: "CHAT_NOT_FOUND" });
    }
    expect(await readError(await claim({}, token))).toMatchObject({ code: "TOKEN_REQUIRED" });
    expect(await readError(await claim(user, "x"))).toMatchObject({ code: "INVALID_TOKEN" });
    expect(await readError(await claim(user, ""))).toMatchObject({ code: "INVALID_REQUEST" });
  });
});
