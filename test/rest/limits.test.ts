import { describe, expect, test } from "vitest";
import { adminToken, createPlatform, prefix, readError } from "./platform.ts";

const chatPath = `${prefix}/chat`;

describe("the limit of requests", () => {
  test("counts each request once and says in headers where its tenant stands", async () => {
    const { call, clock } = createPlatform();
    const standing = async (path: string, init = {}) => {
      const { headers, status } = await call(path, init);
      const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) =>
        headers.get(`x-ratelimit-${name}`),
      );
      return { status, limit, remaining, reset };
    };
    const reset = String(clock.now() / 1000 + 60);
    expect(await standing(chatPath, { json: {} })).toEqual({
      status: 201,
      limit: "60",
      remaining: "59",
      reset,
    });
    clock.advance(10_000);
    expect(await standing(`${chatPath}/nothing`)).toEqual({
      status: 404,
      limit: "60",
      remaining: "58",
      reset,
    });
    expect(await standing(`${prefix}/auth/tenant/demo`)).toEqual({
      status: 200,
      limit: "60",
      remaining: "57",
      reset,
    });
    const wrongToken = { headers: { "X-Visitor-Token": "wrong" } };
    expect(await standing(chatPath, wrongToken)).toEqual({
      status: 401,
      limit: null,
      remaining: null,
      reset: null,
    });
    clock.advance(50_000);
    const later = String(clock.now() / 1000 + 10);
    expect(await standing(`${chatPath}/x`)).toMatchObject({ remaining: "57", reset: later });
  });

  test("tells whoever is proven of their share, and a tenant's server of the whole", async () => {
    const { call, access } = createPlatform();
    const token = await access.tokenOf(await access.makeUser("demo", "u-1"));
    const { text } = await access.makeKey("demo", "server");
    const standing = async (shown: string) => {
      const { headers } = await call(chatPath, { headers: { Authorization: `Bearer ${shown}` } });
      return ["limit", "remaining"].map((name) => headers.get(`x-ratelimit-${name}`));
    };
    expect(await standing(token)).toEqual(["30", "29"]);
    expect(await standing(text)).toEqual(["60", "58"]);
    expect(await standing(adminToken)).toEqual([null, null]);
    const admin = await access.makeKey("demo", "admin");
    expect(await standing(admin.text)).toEqual(["600", "599"]);
  });

  test("lets the burst pass and refuses what comes after, until the window has moved", async () => {
    const { call, clock } = createPlatform();
    const statuses = [];
    for (let count = 0; count < 75; count += 1) statuses.push((await call(`${chatPath}/x`)).status);
    expect(statuses.filter((status) => status === 404)).toHaveLength(70);
    const refused = await call(`${chatPath}/x`);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      "x-ratelimit-limit": "60",
      "x-ratelimit-remaining": "0",
      "retry-after": "60",
    });
    expect(await readError(refused)).toMatchObject({
      status: 429,
      code: "RATE_LIMIT_EXCEEDED",
      retry_after: 60,
    });
    const other = await call(`${chatPath}/x`, { headers: { "X-Tenant-ID": "miptech-company" } });
    expect(other.status).toBe(404);
    clock.advance(60_000);
    expect((await call(`${chatPath}/x`)).status).toBe(404);
  });

  test("doesn't count preflights, health, documentation or files", async () => {
    const { call, limiter } = createPlatform();
    const preflight = { Origin: "http://localhost:3000", "Access-Control-Request-Method": "POST" };
    await call(chatPath, { method: "OPTIONS", headers: preflight });
    for (const path of [
      "/health",
      `${prefix}/health`,
      "/metrics",
      "/docs",
      "/openapi.json",
      "/widget.js",
    ]) {
      const response = await call(path);
      expect(response.headers.has("x-ratelimit-limit"), path).toBe(false);
    }
    expect(limiter.size).toBe(0);
  });

  test("can be switched off", async () => {
    const { call } = createPlatform({ limits: { enabled: false, requestsPerMinute: 1, burst: 0 } });
    for (let count = 0; count < 3; count += 1) {
      const response = await call(`${chatPath}/x`);
      expect([response.status, response.headers.get("x-ratelimit-limit")]).toEqual([404, null]);
    }
  });
});
