import { describe, expect, test } from "vitest";
import { usageSchema } from "../../api/rest/usage.ts";
import type { Tenant } from "../../api/core/tenant.ts";
import { makeTenant } from "../support/tenant.ts";
import { adminToken, createPlatform, prefix, readBody, readError } from "./platform.ts";

const dayMs = 86_400_000;
const headers = { "X-Admin-Token": adminToken };

/** The clock begins at 2030-01-01; each answer has 3 + 4 tokens and costs 0.25 dollars. */
function openUsage(tenants?: readonly Tenant[]) {
  const platform = createPlatform({ pieces: ["An answer"], ...(tenants && { tenants }) });
  const read = (query: string, tenant = "demo") =>
    platform.call(`${prefix}/admin/usage${query}`, {
      headers: { ...headers, "X-Tenant-ID": tenant },
    });
  const ask = async () => {
    const { id } = await platform.makeChat();
    await platform.call(`${prefix}/chat/${id}/messages`, { json: { content: "?" } });
  };
  return { ...platform, read, ask };
}

describe("the usage over REST", () => {
  test("adds up each day's turns, of the last 30 days unless others are asked for", async () => {
    const { read, ask, clock } = openUsage();
    await ask();
    await ask();
    clock.advance(3 * dayMs);
    await ask();
    const usage = await readBody(await read(""), usageSchema);
    expect(usage).toEqual({
      from: "2029-12-06",
      to: "2030-01-04",
      total: {
        turns: 3,
        failed_turns: 0,
        prompt_tokens: 9,
        completion_tokens: 12,
        total_tokens: 21,
        cost_estimate: 0.75,
      },
      budget: { limit: null, spent: 0.25, held: 0 },
      days: [
        expect.objectContaining({ day: "2030-01-01", turns: 2, total_tokens: 14 }),
        expect.objectContaining({ day: "2030-01-04", turns: 1, mean_total_ms: 0 }),
      ],
    });
    const one = await readBody(await read("?from=2030-01-02&to=2030-01-04"), usageSchema);
    expect(one.days.map(({ day }) => day)).toEqual(["2030-01-04"]);
    const until = await readBody(await read("?to=2030-01-30"), usageSchema);
    expect([until.from, until.total.turns]).toEqual(["2030-01-01", 3]);
    const since = await readBody(await read("?from=2030-01-04"), usageSchema);
    expect([since.to, since.total.turns]).toEqual(["2030-01-04", 1]);
  });

  test("tells today's budget beside any range, and what is left of it to know by", async () => {
    const tenant = makeTenant("demo", { budget: { usd_per_day: 2.5 } });
    const { read, ask, clock } = openUsage([tenant]);
    await ask();
    clock.advance(dayMs);
    await ask();
    await ask();
    const usage = await readBody(await read("?to=2030-01-01"), usageSchema);
    expect(usage.total.cost_estimate).toBe(0.25);
    expect(usage.budget).toEqual({ limit: 2.5, spent: 0.5, held: 0 });
  });

  test("of one tenant never shows in another, and nothing is a sum too", async () => {
    const { read, ask } = openUsage();
    await ask();
    const other = await readBody(await read("", "miptech-company"), usageSchema);
    expect(other.days).toEqual([]);
    expect(other.total).toMatchObject({ turns: 0, total_tokens: 0, cost_estimate: 0 });
  });

  test("reaches over a leap year at once, and no further", async () => {
    const { read } = openUsage();
    expect((await read("?from=2028-01-01&to=2028-12-31")).status).toBe(200);
    const error = await readError(await read("?from=2028-01-01&to=2029-01-01"));
    expect(error).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
  });

  test.each([
    "?from=2030-02-30",
    "?to=2029-02-29",
    "?from=2030-1-1",
    "?from=yesterday",
    "?to=2030-01-01T00:00:00Z",
    "?from=0000-01-01&to=0000-01-02",
    "?from=1969-12-31&to=1970-01-01",
    "?from=2030-01-02&to=2030-01-01",
    "?from=2030-01-02",
    "?from='or 1=1",
  ])("refuses %s", async (query) => {
    const { read } = openUsage();
    expect(await readError(await read(query))).toMatchObject({
      status: 400,
      code: "INVALID_REQUEST",
    });
  });
});
