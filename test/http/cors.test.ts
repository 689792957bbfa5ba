import { describe, expect, test } from "vitest";
import { createPlatform, prefix, readError, type PlatformOptions } from "../rest/platform.ts";
import { makeTenant } from "../support/tenant.ts";

const chatPath = `${prefix}/chat`;

describe("pages of other origins", () => {
  const shop = "https://shop.example";
  const options: PlatformOptions = {
    tenants: [makeTenant("demo"), makeTenant("shop", { allowed_origins: [shop] })],
    origins: ["http://localhost:3000"],
  };
  const preflight = (origin: string) => ({
    method: "OPTIONS",
    headers: {
      Origin: origin,
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "x-tenant-id",
    },
  });

  test("pass the preflight when any tenant allows them", async () => {
    const { call } = createPlatform(options);
    for (const origin of ["http://localhost:3000", shop, "http://localhost:8000"]) {
      const { status, headers } = await call(chatPath, preflight(origin));
      expect(status).toBe(204);
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
      expect(headers.get("access-control-allow-methods")).toContain("PATCH");
      for (const name of [
        "Content-Type",
        "Authorization",
        "X-Tenant-ID",
        "X-API-Key",
        "X-Visitor-Token",
        "X-Admin-Token",
        "X-Client-ID",
        "Prefer",
      ]) {
        expect(headers.get("access-control-allow-headers")).toContain(name);
      }
      expect(headers.get("vary")).toContain("Origin");
    }
    const refused = await call(chatPath, preflight("https://evil.example"));
    expect(refused.headers.has("access-control-allow-origin")).toBe(false);
    expect(await readError(refused)).toMatchObject({ status: 403, code: "ORIGIN_NOT_ALLOWED" });
  });

  test("are held against the tenant that the request names", async () => {
    const { call } = createPlatform(options);
    const ask = (tenant: string, origin: string) =>
      call(chatPath, { json: {}, headers: { "X-Tenant-ID": tenant, Origin: origin } });
    const own = await ask("shop", shop);
    expect([own.status, own.headers.get("access-control-allow-origin")]).toEqual([201, shop]);
    expect(own.headers.get("access-control-expose-headers")).toContain("X-RateLimit-Remaining");
    expect(own.headers.get("vary")).toContain("Origin");
    const foreign = await ask("demo", shop);
    expect(foreign.headers.has("access-control-allow-origin")).toBe(false);
    expect(await readError(foreign)).toMatchObject({ status: 403, code: "ORIGIN_NOT_ALLOWED" });
    expect((await ask("demo", "http://localhost:3000")).status).toBe(201);
    expect((await ask("shop", "http://localhost:8000")).status).toBe(201);
    expect((await ask("shop", "https://localhost:8000")).status).toBe(201);
  });

  test("can read why they were refused", async () => {
    const { call } = createPlatform(options);
    const headers = { Origin: "http://localhost:3000" };
    for (const [more, status] of [
      [{ "X-Tenant-ID": "nobody" }, 404],
      [{ "X-Visitor-Token": "wrong" }, 401],
    ] as const) {
      const response = await call(chatPath, { headers: { ...headers, ...more } });
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([
        status,
        headers.Origin,
      ]);
    }
    const validated = await call(`${prefix}/auth/tenant/shop`, { headers: { Origin: shop } });
    expect(validated.headers.get("access-control-allow-origin")).toBe(shop);
    const foreign = await call(`${prefix}/auth/tenant/demo`, { headers: { Origin: shop } });
    expect(foreign.status).toBe(403);
  });

  test("get no credentials when that is switched off, and never a wildcard", async () => {
    const { call } = createPlatform({ ...options, allowCredentials: false });
    const { headers } = await call("/health", { headers: { Origin: "http://localhost:3000" } });
    expect(headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(headers.has("access-control-allow-credentials")).toBe(false);
    expect(
      (await call("/health", { headers: { Origin: shop } })).headers.has(
        "access-control-allow-origin",
      ),
    ).toBe(false);
  });
});
