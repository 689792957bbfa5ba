import { describe, expect, it } from "vitest";
import { createMemoryLimiter } from "../../api/adapters/memory/limiter.ts";
import { createMemoryTenants } from "../../api/adapters/memory/tenants.ts";
import { AppError } from "../../api/core/errors.ts";
import {
  countRequest,
  identifyCaller,
  isOriginAllowed,
  openTenant,
  type GateDeps,
} from "../../api/core/gate.ts";
import { createManualClock } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";

function open(fields: Partial<GateDeps> = {}) {
  const clock = createManualClock();
  const tenants = createMemoryTenants([
    makeTenant("demo", {
      allowed_origins: ["https://shop.example"],
      limits: { requests_per_minute: 2 },
    }),
    makeTenant("other"),
  ]);
  const deps: GateDeps = {
    tenants,
    limiter: createMemoryLimiter(clock),
    limits: { enabled: true, requestsPerMinute: 60, burst: 1 },
    origins: ["https://everywhere.example"],
    visitorTokens: {
      issue: async (tenantId, visitorId) => `${tenantId}/${visitorId}`,
      async verify(tenantId, token) {
        const [tid, visitorId] = token.split("/");
        if (tid !== tenantId || !visitorId)
          throw new AppError("INVALID_TOKEN", "The visitor token is not valid");
        return visitorId;
      },
    },
    ...fields,
  };
  return { deps, tenants, clock };
}

describe("a tenant", () => {
  it("is opened by its id", async () => {
    expect(await openTenant(open().deps.tenants, "demo")).toMatchObject({ id: "demo" });
  });

  it("has to be named", async () => {
    for (const id of [undefined, ""]) {
      await expect(openTenant(open().deps.tenants, id)).rejects.toMatchObject({
        code: "TENANT_REQUIRED",
        status: 400,
      });
    }
  });

  it("is refused alike when it is unknown, suspended or malformed", async () => {
    const { tenants } = open();
    tenants.suspend("other");
    const refusals: unknown[] = [];
    for (const id of [
      "unknown",
      "other",
      "DEMO",
      "demo ",
      "../demo",
      "x".repeat(100),
      "__proto__",
      "constructor",
    ]) {
      await openTenant(tenants, id).catch(({ code, message, status }: AppError) =>
        refusals.push({ code, message, status }),
      );
    }
    expect(refusals).toHaveLength(8);
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
    expect(refusals[0]).toMatchObject({ code: "TENANT_NOT_FOUND", status: 404 });
  });

  it("is not looked for when its id can't be one", async () => {
    const asked: string[] = [];
    const tenants = {
      ...open().tenants,
      findTenant: async (id: string) => {
        asked.push(id);
        return undefined;
      },
    };
    for (const id of ["a'; drop table", "A", "a\0"])
      await openTenant(tenants, id).catch((error: unknown) => error);
    expect(asked).toEqual([]);
  });
});

describe("a caller", () => {
  it("is anonymous without a token", async () => {
    const caller = await identifyCaller(open().deps, { tenantId: "demo", clientId: "client_1" });
    expect(caller).toMatchObject({
      tenant: { id: "demo" },
      visitorId: undefined,
      clientId: "client_1",
    });
    expect(await identifyCaller(open().deps, { tenantId: "demo", token: "" })).toMatchObject({
      visitorId: undefined,
    });
  });

  it("is the visitor that a token proves", async () => {
    expect(
      await identifyCaller(open().deps, { tenantId: "demo", token: "demo/vis_1" }),
    ).toMatchObject({ visitorId: "vis_1" });
  });

  it("is refused with a token that proves nothing here, and not taken for an anonymous one", async () => {
    for (const token of ["other/vis_1", "nonsense"]) {
      const attempt = identifyCaller(open().deps, { tenantId: "demo", token });
      await expect(attempt).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    }
  });
});

describe("an origin", () => {
  it("is allowed by the platform, by its tenant, and where it is our own", async () => {
    const { deps } = open();
    const demo = await openTenant(deps.tenants, "demo");
    const other = await openTenant(deps.tenants, "other");
    const allows = (origin: string | undefined, tenant = demo) =>
      isOriginAllowed(deps, tenant, origin, "http://localhost:8000");
    expect(allows(undefined)).toBe(true);
    expect(allows("http://localhost:8000")).toBe(true);
    expect(allows("https://everywhere.example")).toBe(true);
    expect(allows("https://shop.example")).toBe(true);
    expect(allows("https://shop.example", other)).toBe(false);
    const foreign = [
      "null",
      "",
      "*",
      "https://shop.example.evil",
      "http://shop.example",
      "https://shop.example:8443",
      "HTTPS://SHOP.EXAMPLE",
    ];
    for (const origin of foreign) expect(allows(origin), origin).toBe(false);
  });
});

describe("a request", () => {
  it("is counted against its tenant, and shown without the burst", async () => {
    const { deps, clock } = open();
    const demo = await openTenant(deps.tenants, "demo");
    const take = async (tenant = demo) => countRequest(deps, tenant);
    expect(await take()).toMatchObject({ shown: 2, decision: { allowed: true, used: 1 } });
    await take();
    expect(await take()).toMatchObject({ decision: { allowed: true, used: 3 } });
    expect(await take()).toMatchObject({ decision: { allowed: false, used: 3 } });
    const other = await openTenant(deps.tenants, "other");
    expect(await take(other)).toMatchObject({ shown: 60, decision: { allowed: true, used: 1 } });
    clock.advance(60_000);
    expect(await take()).toMatchObject({ decision: { allowed: true } });
  });

  it("is not counted where limiting is switched off", async () => {
    const { deps } = open({ limits: { enabled: false, requestsPerMinute: 0, burst: 0 } });
    expect(await countRequest(deps, await openTenant(deps.tenants, "demo"))).toBeUndefined();
  });
});
