import { describe, expect, test } from "vitest";
import { refusalBurst, refusalsPerMinute } from "../../api/core/limits/strangers.ts";
import { adminToken, createPlatform, prefix, readError, type Call } from "./platform.ts";

const documents = `${prefix}/admin/documents`;
const operations: [method: string, path: string][] = [
  ["GET", documents],
  ["POST", documents],
  ["GET", `${documents}/doc_1`],
  ["DELETE", `${documents}/doc_1`],
  ["GET", `${prefix}/admin/usage`],
  ["GET", `${prefix}/admin/usage/`],
  ["GET", `${prefix}/admin`],
  ["GET", `${prefix}/admin/nothing`],
];

describe("what stands below /admin", () => {
  test.each(operations)("is closed without the admin token: %s %s", async (method, path) => {
    const { call } = createPlatform();
    const none: Record<string, string>[] = [
      {},
      { "X-Admin-Token": "" },
      { Authorization: `Basic ${adminToken}` },
    ];
    for (const headers of none) {
      const response = await call(path, { method, headers });
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      const error = await readError(response);
      expect(error, JSON.stringify(headers)).toMatchObject({ status: 401, code: "ADMIN_REQUIRED" });
    }
    const wrong: Record<string, string>[] = [
      { "X-Admin-Token": "wrong" },
      { "X-Admin-Token": `${adminToken}x` },
      { "X-Admin-Token": "wrong", Authorization: `Bearer ${adminToken}` },
      { "X-Admin-Token": adminToken, Authorization: "Bearer wrong" },
      { Authorization: "Bearer wrong" },
      { Authorization: "Bearer" },
      { Authorization: `Bearer ${adminToken} ${adminToken}` },
      { "X-Visitor-Token": adminToken },
      { "X-API-Key": adminToken },
    ];
    for (const headers of wrong) {
      const response = await call(path, { method, headers });
      expect(response.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
      const error = await readError(response);
      expect(error, JSON.stringify(headers)).toMatchObject({ status: 401, code: "INVALID_TOKEN" });
    }
  });

  test("is closed to everyone where no admin token is set", async () => {
    const { call } = createPlatform({ adminToken: undefined });
    for (const token of ["undefined", adminToken]) {
      const response = await call(documents, { headers: { "X-Admin-Token": token } });
      expect(await readError(response)).toMatchObject({ status: 401, code: "INVALID_TOKEN" });
    }
    expect(await readError(await call(documents))).toMatchObject({ code: "ADMIN_REQUIRED" });
  });

  test("is closed to a visitor with a token of their own", async () => {
    const { call, makeChat } = createPlatform();
    const { token } = await makeChat();
    const response = await call(documents, { headers: { Authorization: `Bearer ${token}` } });
    expect(await readError(response)).toMatchObject({ status: 401, code: "ADMIN_REQUIRED" });
  });

  test.each<Call>([
    { headers: { "X-Admin-Token": adminToken } },
    { headers: { Authorization: `Bearer ${adminToken}` } },
    { headers: { Authorization: `bearer ${adminToken}`, "X-Admin-Token": "" } },
  ])("opens with the admin token: %j", async (call) => {
    const response = await createPlatform().call(documents, call);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ items: [], next: null });
  });

  test("is no tenant's that isn't there, and no page's of an origin that isn't allowed", async () => {
    const { call } = createPlatform();
    const headers = { "X-Admin-Token": adminToken };
    const unknown = await call(documents, { headers: { ...headers, "X-Tenant-ID": "nobody" } });
    expect(await readError(unknown)).toMatchObject({ status: 404, code: "TENANT_NOT_FOUND" });
    const Origin = "https://elsewhere.example";
    const page = await call(documents, { headers: { ...headers, Origin } });
    expect(await readError(page)).toMatchObject({ status: 403, code: "ORIGIN_NOT_ALLOWED" });
  });

  test("counts wrong tokens by their address, and right ones not", async () => {
    const limits = { enabled: true, requestsPerMinute: 3, burst: 0 };
    const { call } = createPlatform({ limits });
    const ask = (token: string) => call(documents, { headers: { "X-Admin-Token": token } });
    for (let n = 0; n < 10; n += 1) expect((await ask(adminToken)).status).toBe(200);
    const most = refusalsPerMinute + refusalBurst;
    for (let n = 0; n < most; n += 1) expect((await ask("wrong")).status).toBe(401);
    const refused = await readError(await ask("wrong"));
    expect(refused).toMatchObject({ status: 429, retry_after: expect.any(Number) });
    expect((await ask(adminToken)).status).toBe(200);
    for (let n = 0; n < 3; n += 1) expect((await call(`${prefix}/chat/x`)).status).toBe(404);
  });

  test("leaves no token in the log", async () => {
    const { call, logger } = createPlatform();
    await call(documents, { headers: { "X-Admin-Token": adminToken } });
    await call(documents, { headers: { Authorization: "Bearer a-guessed-token" } });
    await call(`${documents}?token=a-guessed-token`);
    const logged = JSON.stringify(logger);
    expect(logged).toContain("Request");
    expect(logged).not.toContain(adminToken);
    expect(logged).not.toContain("a-guessed-token");
  });
});
