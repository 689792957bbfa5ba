import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVisitorTokens } from "../../api/adapters/jose/visitor-tokens.ts";
import { systemClock } from "../../api/adapters/system/clock.ts";
import { codeOf, doors, overRest, post, type Headers } from "../support/callers.ts";
import { adminToken, insertTenant, startPlatform, testConfig } from "../support/platform.ts";
import { atBoth, startTwoPlatforms, tally, type TwoPlatforms } from "../support/two-platforms.ts";

/** Two processes on one Redis and one PostgreSQL, behind a proxy that they trust. */
let both: TwoPlatforms;

beforeAll(async () => {
  both = await startTwoPlatforms();
});

afterAll(() => both?.close());

const visitorTokens = createVisitorTokens({ secret: testConfig().secretKey, clock: systemClock });

async function makeTenant(limits: object = {}): Promise<string> {
  const id = `shared-${crypto.randomUUID().slice(0, 8)}`;
  await insertTenant(both.one, id, { limits: { concurrent_connections: 1000, ...limits } });
  return id;
}

const from = (address: string): Headers => ({ "X-Forwarded-For": address });

async function visitor(tenantId: string, id: string): Promise<Headers> {
  return { "X-Visitor-Token": await visitorTokens.issue(tenantId, id) };
}

/** So many requests at once, at both processes and all doors by turns. */
async function callMany(
  count: number,
  id: string,
  headers: (n: number) => Headers,
): Promise<Record<string, number>> {
  const outcomes = await atBoth(both, count, (platform, n) => {
    const door = doors[(n >> 1) % doors.length] ?? overRest;
    return door(platform, id, headers(n));
  });
  return tally(outcomes);
}

const exactly = (passed: number, count: number) =>
  passed === 0
    ? { RATE_LIMIT_EXCEEDED: count }
    : { in: passed, RATE_LIMIT_EXCEEDED: count - passed };

describe("of 70 requests a minute, at shares of 50 percent", () => {
  test("one address gets half, at whichever doors and as however many visitors, and others the rest", async () => {
    const id = await makeTenant();
    expect(await callMany(160, id, () => from("198.51.100.1"))).toEqual(exactly(35, 160));
    expect(await callMany(80, id, () => from("198.51.100.2"))).toEqual(exactly(35, 80));
    expect(await callMany(40, id, () => from("198.51.100.3"))).toEqual(exactly(0, 40));
  });

  test("a network of IPv6 addresses gets what one address gets", async () => {
    const id = await makeTenant();
    const host = (n: number) => from(`2001:db8:1:2::${n.toString(16)}`);
    expect(await callMany(160, id, host)).toEqual(exactly(35, 160));
    expect(await callMany(80, id, () => from("2001:db8:1:3::1"))).toEqual(exactly(35, 80));
  });

  test("one visitor gets half, from however many addresses, and others the rest", async () => {
    const id = await makeTenant();
    const [one, two] = [await visitor(id, "vis_1"), await visitor(id, "vis_2")];
    const anywhere = (n: number) => from(`198.51.100.${n}`);
    // Where headers show the visitor: browsers' WebSockets have other ways.
    const call = async (headers: Headers) =>
      tally(
        await atBoth(both, 100, (platform, n) => {
          const door = doors[(n >> 1) % 2] ?? overRest;
          return door(platform, id, { ...headers, ...anywhere(n) });
        }),
      );
    expect(await call(one)).toEqual(exactly(35, 100));
    expect(await call(two)).toEqual(exactly(35, 100));
  });

  test("the tenant's server may use all that is left", async () => {
    const id = await makeTenant();
    const admin = { "X-Tenant-ID": id, "X-Admin-Token": adminToken };
    const json = { role: "server", name: "For tests" };
    const made = await post(`${both.one.url}/api/v1/admin/keys`, admin, json);
    const { key } = (await made.json()) as { key: string };
    expect(await callMany(80, id, () => from("198.51.100.1"))).toEqual(exactly(35, 80));
    const server = { "X-API-Key": key, ...from("198.51.100.9") };
    const outcomes = await atBoth(both, 80, (platform) => overRest(platform, id, server));
    expect(tally(outcomes)).toEqual(exactly(35, 80));
  });
});

test("of messages_per_minute one address gets its share, and others the rest", async () => {
  const limits = { messages_per_minute: 12, requests_per_minute: 100_000, address_share: 25 };
  const id = await makeTenant(limits);
  const query = `mutation { sendMessage(input: { content: "hello" }) { question { id } } }`;
  const ask = (address: string) =>
    atBoth(both, 24, async ({ url }) => {
      const headers = { "X-Tenant-ID": id, ...from(address) };
      return codeOf(await (await post(`${url}/graphql`, headers, { query })).json());
    });
  for (const last of [1, 2, 3, 4])
    expect(tally(await ask(`198.51.100.${last}`))).toEqual(exactly(3, 24));
  expect(tally(await ask("198.51.100.5"))).toEqual(exactly(0, 24));
});

test("what X-Forwarded-For says counts for nothing where no proxy is trusted", async () => {
  const alone = await startPlatform({
    env: { ...both.env, TRUSTED_PROXIES: "" },
    database: both.one.database,
  });
  try {
    const id = await makeTenant();
    const outcomes = await Promise.all(
      Array.from({ length: 160 }, (_, n) => {
        const door = doors[n % doors.length] ?? overRest;
        return door(alone, id, from("198.51.100.1"));
      }),
    );
    // Loopback is nobody's address, so the tenant's limit alone holds.
    expect(tally(outcomes)).toEqual(exactly(70, 160));
  } finally {
    await alone.stop();
  }
});
