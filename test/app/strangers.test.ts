import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVisitorTokens } from "../../api/adapters/jose/visitor-tokens.ts";
import { systemClock } from "../../api/adapters/system/clock.ts";
import { refusalBurst, refusalsPerMinute } from "../../api/core/limits/strangers.ts";
import { byHandshake, codeOf, openRaw, overRest, post, type Headers } from "../support/callers.ts";
import {
  adminToken,
  insertTenant,
  startPlatform,
  testConfig,
  type Platform,
} from "../support/platform.ts";
import { tally } from "../support/two-platforms.ts";
import { openWs, RefusedError } from "../support/ws-client.ts";

/** One process with limits, behind a proxy that it trusts. */
let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({
    env: { RATE_LIMIT_ENABLED: "true", TRUSTED_PROXIES: "loopback" },
  });
});

afterAll(() => platform?.close());

const most = refusalsPerMinute + refusalBurst;
const from = (address: string): Headers => ({ "X-Forwarded-For": address });
const inventKey = () =>
  `sk_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url")}`;

async function makeTenant(settings: object = {}): Promise<string> {
  const id = `strange-${crypto.randomUUID().slice(0, 8)}`;
  await insertTenant(platform, id, settings);
  return id;
}

async function makeKey(tenantId: string, role: string): Promise<Headers> {
  const admin = { "X-Tenant-ID": tenantId, "X-Admin-Token": adminToken };
  const made = await post(`${platform.url}/api/v1/admin/keys`, admin, { role, name: "For tests" });
  return { "X-API-Key": ((await made.json()) as { key: string }).key };
}

async function repeat(times: number, call: (n: number) => Promise<string>) {
  return tally(await Promise.all(Array.from({ length: times }, (_, n) => call(n))));
}

/** A frame with a wrong token, where the tenant asks for one. @returns why it was refused */
async function overFrame(tenantId: string, headers: Headers): Promise<string> {
  try {
    const client = await openWs(platform.wsUrl, { tenant_id: tenantId }, { headers });
    client.send("auth", { token: inventKey() });
    const { type, data } = await client.next();
    await client.closed;
    return type === "error" ? data.error_code : type;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return codeOf(JSON.parse(await error.body));
  }
}

describe("garbage tokens from two addresses", () => {
  test("over REST and raw handshakes leave the tenant's server and its visitors unharmed", async () => {
    const id = await makeTenant();
    const server = await makeKey(id, "server");
    for (const address of ["198.51.100.1", "198.51.100.2"]) {
      const wrong = () => ({ ...from(address), "X-API-Key": inventKey() });
      const rest = await repeat(60, () => overRest(platform, id, wrong()));
      expect(Object.keys(rest)).toEqual(["INVALID_TOKEN"]);
      const raw = await repeat(60, () => byHandshake(platform, id, wrong()));
      expect(raw).toEqual({ INVALID_TOKEN: 10, RATE_LIMIT_EXCEEDED: 50 });
    }
    const secret = testConfig().secretKey;
    const visitorTokens = createVisitorTokens({ secret, clock: systemClock });
    const visitor = { "X-Visitor-Token": await visitorTokens.issue(id, "vis_1") };
    // From one of those addresses too.
    const good = (n: number) => (n % 2 ? server : { ...visitor, ...from("198.51.100.1") });
    expect(await repeat(40, (n) => overRest(platform, id, good(n)))).toEqual({ in: 40 });
    const opened = await openRaw(platform, id, { ...visitor, ...from("198.51.100.2") });
    if (typeof opened === "string") throw new Error(opened);
    await opened.close();
  });

  test("in auth frames leave those unharmed who show what the tenant asks for", async () => {
    const id = await makeTenant({ auth: { required: "key" } });
    const server = await makeKey(id, "server");
    for (const address of ["198.51.100.3", "198.51.100.4"]) {
      const outcomes: string[] = [];
      for (let n = 0; n < most; n += 1) outcomes.push(await overFrame(id, from(address)));
      // The handshake and its frame are counted.
      expect(tally(outcomes)).toEqual({ INVALID_TOKEN: most / 2, RATE_LIMIT_EXCEEDED: most / 2 });
    }
    expect(await repeat(most, () => overRest(platform, id, server))).toEqual({ in: most });
  });
});

test("invented tenants are refused as unknown, and then for their number, also at /health", async () => {
  const ask = async (path: string, tenantId: string, address: string) => {
    const headers = { "X-Tenant-ID": tenantId, ...from(address) };
    const response = await fetch(`${platform.url}${path}`, { headers });
    const body: unknown = await response.json();
    return response.ok ? "in" : codeOf(body);
  };
  const known = await makeTenant();
  for (const [path, address] of [
    ["/health", "198.51.100.5"],
    ["/api/v1/chat", "198.51.100.6"],
  ] as const) {
    const outcomes = await repeat(500, (n) => ask(path, `nobody-${n}`, address));
    expect(Object.keys(outcomes).toSorted()).toEqual(["RATE_LIMIT_EXCEEDED", "TENANT_NOT_FOUND"]);
    expect(outcomes.TENANT_NOT_FOUND).toBeLessThanOrEqual(most);
    // What this process knows already is answered.
    expect(await ask("/health", known, "203.0.113.9")).toBe("in");
    expect(await ask("/health", known, address)).toBe("in");
  }
});

test("a tenant's admin is limited too, and takes nothing from its visitors", async () => {
  const id = await makeTenant({ limits: { requests_per_minute: 5, address_share: 100 } });
  const admin = await makeKey(id, "admin");
  expect(await repeat(70, () => overRest(platform, id, admin))).toEqual({
    in: 60,
    RATE_LIMIT_EXCEEDED: 10,
  });
  expect(await repeat(15, () => overRest(platform, id, from("198.51.100.7")))).toEqual({ in: 15 });
});
