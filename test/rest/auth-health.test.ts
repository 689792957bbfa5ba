import { describe, expect, test } from "vitest";
import { errorSchema } from "../../api/rest/errors.ts";
import { healthSchema, liveSchema } from "../../api/rest/health.ts";
import { makeTenant } from "../support/tenant.ts";
import { createPlatform, prefix, readBody, readError } from "./platform.ts";

describe("tenant validation", () => {
  test("shows what the element may know of an active tenant, and no more", async () => {
    const tenant = makeTenant("miptech-company", {
      plan: "enterprise",
      prompt: "secret prompt",
      branding: { primary_color: "#123456" },
      limits: { messages_per_day: 3 },
    });
    const { call } = createPlatform({ tenants: [tenant] });
    const response = await call(`${prefix}/auth/tenant/miptech-company`);
    expect(await response.json()).toEqual({
      tenant_id: "miptech-company",
      name: "Tenant miptech-company",
      status: "active",
      valid: true,
      plan: "enterprise",
      features: { chat: true, rag: true, analytics: true },
      branding: { primary_color: "#123456" },
    });
  });

  test("answers unknown, suspended and malformed tenants with the same words", async () => {
    const { call, tenants } = createPlatform();
    tenants.suspend("miptech-company");
    const bodies = [];
    for (const id of ["nobody", "miptech-company", "Not%20one", "%00", "-"]) {
      const response = await call(`${prefix}/auth/tenant/${id}`, {
        headers: { "X-Request-ID": "same" },
      });
      expect(response.status).toBe(404);
      bodies.push(JSON.stringify(await readBody(response, errorSchema)));
    }
    expect(new Set(bodies).size).toBe(1);
  });
});

describe("health", () => {
  test("needs no tenant, and answers at both addresses as the seed has it", async () => {
    const { call } = createPlatform({ defaultTenantId: "nobody" });
    for (const path of ["/health", "/health/", `${prefix}/health`, `${prefix}/health/`]) {
      const response = await call(path);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        status: "healthy",
        timestamp: "2030-01-01T00:00:00.000Z",
        version: "1.2.3",
        checks: { database: "up", redis: "memory" },
      });
    }
  });

  test("tests a tenant that is named", async () => {
    const { call } = createPlatform();
    expect(
      (await call(`${prefix}/health`, { headers: { "X-Tenant-ID": "miptech-company" } })).status,
    ).toBe(200);
    const refused = await call(`${prefix}/health`, { headers: { "X-Tenant-ID": "nobody" } });
    expect(await readError(refused)).toMatchObject({ status: 404, code: "TENANT_NOT_FOUND" });
  });

  test("is degraded without Redis and unhealthy without its database, and is alive all the while", async () => {
    const { call, health } = createPlatform();
    health.checks = { database: "up", redis: "down" };
    const degraded = await call("/health");
    expect([degraded.status, (await readBody(degraded, healthSchema)).status]).toEqual([
      200,
      "degraded",
    ]);
    expect((await call("/health/ready")).status).toBe(200);

    health.checks = { database: "down", redis: "up" };
    for (const path of ["/health", `${prefix}/health`, "/health/ready"]) {
      const unhealthy = await call(path, { headers: { "X-Tenant-ID": "demo" } });
      expect([unhealthy.status, (await readBody(unhealthy, healthSchema)).status]).toEqual([
        503,
        "unhealthy",
      ]);
    }
    const alive = await call("/health/live");
    expect([alive.status, (await readBody(alive, liveSchema)).status]).toEqual([200, "alive"]);
  });

  test("isn't ready from the moment in which the server drains", async () => {
    const { call, draining } = createPlatform();
    draining.abort();
    expect((await call("/health/ready")).status).toBe(503);
    expect((await call("/health")).status).toBe(200);
    expect((await call("/health/live")).status).toBe(200);
  });
});
