import { describe, expect, test } from "vitest";
import { newChatSchema } from "../../api/rest/wire.ts";
import { makeTenant } from "../support/tenant.ts";
import { adminToken, chatPage, createPlatform, prefix, readBody, readError } from "./platform.ts";

const chats = `${prefix}/chat`;
const documents = `${prefix}/admin/documents`;
const tenantsPath = `${prefix}/admin/tenants`;
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

async function open() {
  const platform = createPlatform({
    tenants: [
      makeTenant("demo", { allowed_origins: ["https://a.example"] }),
      makeTenant("other"),
      makeTenant("closed", { auth: { required: "user" } }),
    ],
  });
  const { access, call } = platform;
  const user = await access.makeUser("demo", "u-1");
  const make = async (headers: Record<string, string>) => {
    const made = await readBody(await call(chats, { json: {}, headers }), newChatSchema);
    const stored = await platform.store.findChat(makeTenant("demo"), made.id);
    return { ...made, ownerId: stored?.ownerId };
  };
  return { ...platform, make, user, userToken: await access.tokenOf(user) };
}

describe("a chat is made by", () => {
  test("a user, whose it is: nobody becomes a visitor, and nobody else opens it", async () => {
    const { make, call, user, userToken, access } = await open();
    const made = await make(bearer(userToken));
    expect(made).not.toHaveProperty("visitor_token");
    expect(made.ownerId).toBe(user.id);
    const path = `${chats}/${made.id}`;
    expect((await call(path, { headers: bearer(userToken) })).status).toBe(200);
    const other = await access.tokenOf(await access.makeUser("demo", "u-2"));
    for (const headers of [{}, bearer(other)])
      expect(await readError(await call(path, { headers }))).toMatchObject({
        code: "CHAT_NOT_FOUND",
      });
  });

  test("a page with a publishable key: its visitor is given the proof, as without a key", async () => {
    const { make, access } = await open();
    const { text } = await access.makeKey("demo", "publishable");
    for (const headers of [{}, { "X-API-Key": text, Origin: "https://a.example" }]) {
      const made = await make(headers);
      expect(made.visitor_token).toMatch(/\./);
      expect(made.ownerId).toMatch(/^vis_/);
    }
  });

  test("a server or an admin: then it is nobody's", async () => {
    const { make, access, call } = await open();
    const { text: server } = await access.makeKey("demo", "server");
    const { text: admin } = await access.makeKey("demo", "admin");
    const { visitor_token = "" } = await make({});
    for (const headers of [
      { "X-API-Key": server },
      bearer(admin),
      { "X-Admin-Token": adminToken },
    ]) {
      const made = await make(headers);
      expect(made).not.toHaveProperty("visitor_token");
      expect(made.ownerId).toBeNull();
    }
    const forVisitor = await make({ "X-API-Key": server, "X-Visitor-Token": visitor_token });
    expect(forVisitor.ownerId).toMatch(/^vis_/);
    const all = await readBody(await call(chats, { headers: bearer(server) }), chatPage);
    expect(all.items).toHaveLength(5);
  });
});

describe("whatever is shown must be right", () => {
  test("one wrong proof beside a right one is refused, and so is one of another tenant", async () => {
    const { call, access, userToken } = await open();
    const { text: right } = await access.makeKey("demo", "server");
    const { text: elsewhere } = await access.makeKey("other", "server");
    const revoked = await access.makeKey("demo", "server");
    await access.revokeKey(revoked.key);
    const wrong: Record<string, string>[] = [
      { "X-API-Key": elsewhere },
      { "X-API-Key": revoked.text },
      { "X-API-Key": right, Authorization: "Bearer x" },
      { "X-API-Key": "x", ...bearer(userToken) },
      { "X-API-Key": right, ...bearer(revoked.text) },
      { "X-Admin-Token": "x", ...bearer(userToken) },
      { "X-Visitor-Token": "x", ...bearer(userToken) },
      { "X-Tenant-ID": "other", ...bearer(userToken) },
      { "X-Tenant-ID": "other", "X-API-Key": right },
    ];
    for (const headers of wrong)
      expect(
        await readError(await call(chats, { headers })),
        JSON.stringify(headers),
      ).toMatchObject({ status: 401, code: "INVALID_TOKEN", message: "The token is not valid" });
    expect((await call(chats, { headers: { "X-API-Key": right } })).status).toBe(200);
  });

  test("a publishable key counts from pages alone: from its own list where it has one", async () => {
    const { call, access } = await open();
    const { text } = await access.makeKey("demo", "publishable", {
      origins: ["https://a.example", "https://localhost:8000"],
    });
    const ask = (headers: Record<string, string>) =>
      call(`${prefix}/auth/me`, { headers: { "X-API-Key": text, ...headers } });
    expect((await ask({ Origin: "https://a.example" })).status).toBe(200);
    const own = { "Sec-Fetch-Site": "same-origin", Referer: "https://localhost:8000/docs" };
    expect((await ask(own)).status).toBe(200);
    const wrong: Record<string, string>[] = [
      {},
      { Origin: "http://localhost:8000" },
      { Origin: "http://localhost:3000" },
      { Origin: "null" },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-origin" },
    ];
    for (const headers of wrong)
      expect(await readError(await ask(headers)), JSON.stringify(headers)).toMatchObject({
        status: 403,
        code: "ORIGIN_NOT_ALLOWED",
      });
  });

  test("a tenant may ask for a user", async () => {
    const { call, access } = await open();
    const headers = { "X-Tenant-ID": "closed" };
    const refused = await call(chats, { json: {}, headers });
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    expect(await readError(refused)).toMatchObject({ status: 401, code: "TOKEN_REQUIRED" });
    const token = await access.tokenOf(await access.makeUser("closed", "u-1"));
    const made = await call(chats, { json: {}, headers: { ...headers, ...bearer(token) } });
    expect(made.status).toBe(201);
  });
});

describe("what stands below /admin", () => {
  test("is open to the tenant's own admins: a key and a user of that role", async () => {
    const { call, access, user, userToken } = await open();
    const { text } = await access.makeKey("demo", "admin");
    const server = await access.makeKey("demo", "server");
    for (const headers of [bearer(userToken), bearer(server.text)])
      expect(await readError(await call(documents, { headers }))).toMatchObject({
        status: 403,
        code: "FORBIDDEN",
      });
    await access.changeUser(user, { role: "admin" });
    for (const headers of [bearer(userToken), bearer(text), { "X-API-Key": text }])
      expect((await call(documents, { headers })).status).toBe(200);
  });

  test("is closed to a user whose token a server or an admin's key made for a mere member", async () => {
    const { call, access, user } = await open();
    const keys = await Promise.all(
      (["server", "admin"] as const).map((role) => access.makeKey("demo", role)),
    );
    const statuses = async () => {
      const found = [];
      for (const { key } of keys) {
        const token = await access.tokenOf(user, { keyId: key.id });
        found.push((await call(documents, { headers: bearer(token) })).status);
      }
      return found;
    };
    expect(await statuses()).toEqual([403, 403]);
    // A server's key must not grow into an admin's by vouching for one.
    await access.changeUser(user, { role: "admin" });
    expect(await statuses()).toEqual([403, 200]);
  });

  test("is open to the platform's admin for a suspended tenant, and to nobody else", async () => {
    const { call, access, tenants } = await open();
    const { text } = await access.makeKey("demo", "admin");
    tenants.suspend("demo");
    expect((await call(documents, { headers: { "X-Admin-Token": adminToken } })).status).toBe(200);
    for (const headers of [bearer(text), {}, { "X-Admin-Token": "wrong" }])
      expect(await readError(await call(documents, { headers }))).toMatchObject({
        status: 404,
        code: "TENANT_NOT_FOUND",
      });
    const chat = await call(chats, { headers: { "X-Admin-Token": adminToken } });
    expect(await readError(chat)).toMatchObject({ code: "TENANT_NOT_FOUND" });
  });

  test("lets the platform's admin work on tenants whatever the default tenant is", async () => {
    const { call } = createPlatform({ tenants: [], defaultTenantId: "nobody" });
    for (const headers of [{ "X-Admin-Token": adminToken }, bearer(adminToken)])
      expect((await call(tenantsPath, { headers })).status).toBe(200);
    const refused = await call(tenantsPath);
    expect(await readError(refused)).toMatchObject({ status: 401, code: "ADMIN_REQUIRED" });
    const wrong = await call(tenantsPath, { headers: { "X-Admin-Token": "wrong" } });
    expect(await readError(wrong)).toMatchObject({ status: 401, code: "INVALID_TOKEN" });
    const strange = { "X-Admin-Token": adminToken, Origin: "https://x.example" };
    expect(await readError(await call(tenantsPath, { headers: strange }))).toMatchObject({
      code: "ORIGIN_NOT_ALLOWED",
    });
  });

  test("tells a tenant's admin nothing of another's tenant", async () => {
    const { call, access } = await open();
    const { text } = await access.makeKey("other", "admin");
    const ask = async (path: string, headers = {}) =>
      readError(await call(`${tenantsPath}${path}`, { headers: { ...bearer(text), ...headers } }));
    for (const path of ["", "/other", "/demo", "/nobody"])
      expect(await ask(path)).toMatchObject({ status: 401, code: "ADMIN_REQUIRED" });
    for (const path of ["/demo", "/nobody"]) {
      expect(await ask(path, { "X-Tenant-ID": "other" })).toMatchObject({
        status: 404,
        code: "TENANT_NOT_FOUND",
      });
      expect(await ask(path, { "X-Tenant-ID": "demo" })).toMatchObject({ code: "INVALID_TOKEN" });
    }
  });
});
