import { describe, expect, it } from "vitest";
import { createMemoryLimiter } from "../../../api/adapters/memory/limiter.ts";
import type { CountedWindow } from "../../../api/core/limits/limiter.ts";
import {
  countAdminRequest,
  countRequest,
  requireAllowed,
} from "../../../api/core/limits/requests.ts";
import { createManualClock } from "../../support/clock.ts";
import { makeTenant } from "../../support/tenant.ts";

const server = { tenantId: "garden", personId: undefined, address: undefined };
const visitor = (n: number) => ({
  tenantId: "garden",
  personId: `vis_${n}`,
  address: `198.51.100.${n}`,
});

function open(limits: Record<string, unknown> = {}, configured: object = {}) {
  const clock = createManualClock();
  const limiter = createMemoryLimiter(clock);
  const tenant = makeTenant("garden", { limits });
  const deps = {
    limiter,
    limits: { enabled: true, requestsPerMinute: 60, burst: 10, ...configured },
  };
  const count = (consumer: Parameters<typeof countRequest>[2] = server) =>
    countRequest(deps, tenant, consumer);
  const countAdmin = () => countAdminRequest(deps, tenant);
  async function countMany(n: number, consumer?: Parameters<typeof countRequest>[2]) {
    const counts = [];
    for (let i = 0; i < n; i += 1) counts.push(await count(consumer));
    return counts.filter((one) => one?.isAllowed).length;
  }
  return { clock, limiter, tenant, count, countAdmin, countMany };
}

describe("a tenant's requests", () => {
  it("pass up to the limit and its burst in any minute; what is told is the limit alone", async () => {
    const { clock, count, countMany } = open();
    expect(await count()).toMatchObject({
      isAllowed: true,
      limit: 60,
      remaining: 59,
      resetMs: 60_000,
    });
    expect(await countMany(100)).toBe(69);
    expect(await count()).toMatchObject({ isAllowed: false, limit: 60, remaining: 0 });
    clock.advance(59_999);
    expect(await countMany(1)).toBe(0);
    clock.advance(1);
    expect(await countMany(100)).toBe(70);
  });

  it("are held against the tenant's own number where it has one, also when that is 0", async () => {
    expect(await open({ requests_per_minute: 5 }).countMany(100)).toBe(15);
    expect(await open({ requests_per_minute: 0 }).countMany(100)).toBe(10);
    const { count } = open({ requests_per_minute: 0 }, { burst: 0 });
    expect(await count()).toMatchObject({ isAllowed: false, limit: 0, remaining: 0 });
  });

  it("are not counted where limiting is switched off", async () => {
    const { count, limiter } = open({}, { enabled: false });
    expect(await count()).toBeUndefined();
    expect(limiter.size).toBe(0);
    expect(() => requireAllowed(undefined)).not.toThrow();
  });

  it("that are refused say in whole seconds when one more will pass", async () => {
    const { clock, count, countMany } = open({ requests_per_minute: 1 }, { burst: 0 });
    await countMany(1);
    clock.advance(12_300);
    const refused = await count();
    expect(() => requireAllowed(refused)).toThrow(
      expect.objectContaining({ code: "RATE_LIMIT_EXCEEDED", status: 429, retryAfter: 48 }),
    );
    clock.advance(48_000);
    const allowed = await count();
    expect(() => requireAllowed(allowed)).not.toThrow();
  });
});

describe("the requests of a tenant's admins", () => {
  it("have a bucket of their own, ten times the tenant's and the burst", async () => {
    const { countAdmin, countMany } = open({ requests_per_minute: 5 });
    expect(await countAdmin()).toMatchObject({ isAllowed: true, limit: 50, remaining: 49 });
    for (let n = 1; n < 60; n += 1) expect(await countAdmin()).toMatchObject({ isAllowed: true });
    expect(await countAdmin()).toMatchObject({ isAllowed: false, limit: 50, remaining: 0 });
    expect(await countMany(100)).toBe(15);
  });

  it("are ten times those of the configuration where the tenant has none of its own", async () => {
    expect(await open().countAdmin()).toMatchObject({ limit: 600 });
    expect(await open({}, { enabled: false }).countAdmin()).toBeUndefined();
  });
});

describe("shares", () => {
  it("leave what one person can't use to the others", async () => {
    const { countMany } = open({ person_share: 50, address_share: 100 });
    expect(await countMany(100, visitor(1))).toBe(35);
    expect(await countMany(100, visitor(2))).toBe(35);
    expect(await countMany(100, visitor(3))).toBe(0);
  });

  it("hold an address back however many visitors it makes", async () => {
    const { countMany } = open({ person_share: 50, address_share: 20 });
    let passed = 0;
    for (let n = 0; n < 50; n += 1)
      passed += await countMany(5, { ...visitor(n), address: "2001:db8::1" });
    expect(passed).toBe(14);
    expect(await countMany(100, visitor(99))).toBe(14);
  });

  it("are not for the tenant's server, which may use all that is left", async () => {
    const { countMany } = open({ person_share: 10, address_share: 10 });
    expect(await countMany(100, visitor(1))).toBe(7);
    expect(await countMany(100, server)).toBe(63);
  });

  it("are what is told where they leave less, or are what refuses", async () => {
    const { count, countMany } = open({ person_share: 50, address_share: 100 });
    expect(await count(visitor(1))).toMatchObject({ limit: 30, remaining: 29 });
    await countMany(34, visitor(1));
    expect(await count(visitor(1))).toMatchObject({ isAllowed: false, limit: 30, remaining: 0 });
    await countMany(30, visitor(2));
    expect(await count(visitor(3))).toMatchObject({ isAllowed: true, limit: 60, remaining: 0 });
  });

  it("name the longest wait, so that whoever comes back then isn't refused by another limit", async () => {
    const { clock, count, countMany } = open(
      { requests_per_minute: 4, person_share: 50, address_share: 100 },
      { burst: 0 },
    );
    await countMany(2, visitor(1));
    clock.advance(20_000);
    await countMany(2, visitor(2));
    // The tenant has room in 40 s, the second visitor in 60 s.
    expect((await count(visitor(2)))?.refusal.retryAfter).toBe(60);
    expect((await count(visitor(3)))?.refusal.retryAfter).toBe(40);
  });
});

it("all windows of a request are asked for in one step", async () => {
  const asked: (readonly CountedWindow[])[] = [];
  const limiter = {
    take: async (windows: readonly CountedWindow[]) => {
      asked.push(windows);
      return windows.map(() => ({ allowed: true, used: 1, resetMs: 60_000, retryMs: 0 }));
    },
  };
  const limits = { enabled: true, requestsPerMinute: 60, burst: 10 };
  await countRequest({ limiter, limits }, makeTenant("garden"), visitor(1));
  expect(asked).toEqual([
    [
      { key: "requests:garden", limit: 70, windowMs: 60_000 },
      { key: "requests:garden:person:vis_1", limit: 35, windowMs: 60_000 },
      { key: "requests:garden:address:198.51.100.1", limit: 35, windowMs: 60_000 },
    ],
  ]);
});
