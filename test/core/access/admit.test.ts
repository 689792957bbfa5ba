import { describe, expect, it } from "vitest";
import { createMemoryLimiter } from "../../../api/adapters/memory/limiter.ts";
import { createMemoryTenants } from "../../../api/adapters/memory/tenants.ts";
import { admitCaller, consumerOf, countCaller } from "../../../api/core/access/admit.ts";
import type { Credentials } from "../../../api/core/access/credentials.ts";
import { AppError } from "../../../api/core/errors.ts";
import { countRequest, type RequestCount } from "../../../api/core/limits/requests.ts";
import type { RequestLimits } from "../../../api/core/limits/limits.ts";
import { refusalBurst, refusalsPerMinute } from "../../../api/core/limits/strangers.ts";
import type { Tenant } from "../../../api/core/tenant.ts";
import { openMemoryAccess } from "../../support/access.ts";
import { createManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makeTenant } from "../../support/tenant.ts";
import { tally } from "../../support/two-platforms.ts";

const page = { origin: undefined, own: "http://localhost", isSameOrigin: false };
const address = "198.51.100.7";
const adminToken = "the admin's token of these tests";
const unnamed = { tenantId: "garden", personId: undefined, address: undefined };
const wrong = { token: `sk_${"x".repeat(43)}` };

function open(settings: Record<string, unknown> = {}, limits: Partial<RequestLimits> = {}) {
  const clock = createManualClock();
  const tenant = makeTenant("garden", { limits: { requests_per_minute: 4 }, ...settings });
  const access = openMemoryAccess({
    tenants: createMemoryTenants([tenant]),
    limiter: createMemoryLimiter(clock),
    limits: { enabled: true, requestsPerMinute: 60, burst: 0, ...limits },
    origins: [],
    clock,
    logger: createRecordingLogger(),
    adminToken,
  });
  const counts: RequestCount[] = [];
  const admitTo = (tenant: Tenant, shown: Partial<Credentials> = {}) =>
    admitCaller(access.gate, tenant, { tenantId: tenant.id, page, address, ...shown }, (count) =>
      counts.push(count),
    );
  const admit = (shown?: Partial<Credentials>) => admitTo(tenant, shown);
  /** Its code, or how it was let in. */
  const outcome = (shown?: Partial<Credentials>) =>
    admit(shown).then(
      () => "in",
      (error: unknown) => (error instanceof AppError ? error.code : String(error)),
    );
  async function outcomes(n: number, shown?: Partial<Credentials>) {
    const all: string[] = [];
    for (let i = 0; i < n; i += 1) all.push(await outcome(shown));
    return all;
  }
  const tokenOfVisitor = (id: string) => access.gate.visitorTokens.issue(tenant.id, id);
  return { ...access, tokenOfVisitor, tenant, clock, counts, admit, admitTo, outcome, outcomes };
}

describe("who is let in", () => {
  it("is proven, counted, and told where they stand", async () => {
    const { admit, counts, tokenOfVisitor } = open();
    const caller = await admit({ visitorToken: await tokenOfVisitor("vis_1") });
    expect(caller).toMatchObject({ visitorId: "vis_1", address, tenant: { id: "garden" } });
    expect(counts).toMatchObject([{ isAllowed: true, limit: 2, remaining: 1 }]);
  });

  it("is told where they stand also when they are refused for it", async () => {
    const { outcomes, counts } = open();
    expect(await outcomes(3)).toEqual(["in", "in", "RATE_LIMIT_EXCEEDED"]);
    expect(counts.at(-1)).toMatchObject({ isAllowed: false, limit: 2, remaining: 0 });
  });

  it("has to show what the tenant asks for", async () => {
    const { outcome, makeKey } = open({ auth: { required: "key" } });
    expect(await outcome()).toBe("TOKEN_REQUIRED");
    expect(await outcome({ apiKey: (await makeKey("garden", "server")).text })).toBe("in");
  });
});

/** Refusals of one address in a minute. */
const most = refusalsPerMinute + refusalBurst;

describe("what is refused for its token", () => {
  it("is counted by its address alone, and takes nothing of the tenant's from anyone", async () => {
    const { outcomes, counts, tokenOfVisitor, makeKey, gate, tenant } = open();
    const { text } = await makeKey("garden", "server");
    const visitorToken = await tokenOfVisitor("vis_1");
    for (const from of [address, "198.51.100.8", "198.51.100.9"]) {
      expect(tally(await outcomes(100, { visitorToken, ...wrong, address: from }))).toEqual({
        INVALID_TOKEN: most,
        RATE_LIMIT_EXCEEDED: 100 - most,
      });
    }
    expect(counts).toEqual([]);
    expect(await outcomes(2, { visitorToken, address: "198.51.100.10" })).toEqual(["in", "in"]);
    expect(await outcomes(2, { apiKey: text })).toEqual(["in", "in"]);
    expect(await countRequest(gate, tenant, unnamed)).toMatchObject({ isAllowed: false });
  });

  it("slows nothing that is right, also from the same address", async () => {
    const { outcomes, makeUser, tokenOf } = open();
    const token = await tokenOf(await makeUser("garden", "42"));
    await outcomes(100, wrong);
    expect(await outcomes(2, { token })).toEqual(["in", "in"]);
  });

  it("is counted over all tenants, and for a minute", async () => {
    const { outcomes, admitTo, clock } = open();
    await outcomes(most, wrong);
    await expect(admitTo(makeTenant("other"), wrong)).rejects.toMatchObject({
      code: "RATE_LIMIT_EXCEEDED",
      retryAfter: 60,
    });
    clock.advance(60_000);
    expect(await outcomes(1, wrong)).toEqual(["INVALID_TOKEN"]);
  });

  it("is counted where a token is missing too", async () => {
    const { outcomes } = open({ auth: { required: "user" } });
    const missing = { TOKEN_REQUIRED: most, RATE_LIMIT_EXCEEDED: 1 };
    expect(tally(await outcomes(most + 1))).toEqual(missing);
  });
});

it("a page of a foreign origin is refused before anything is counted", async () => {
  const { outcomes, counts } = open();
  const foreign = { page: { ...page, origin: "https://evil.example" } };
  expect(new Set(await outcomes(10, foreign))).toEqual(new Set(["ORIGIN_NOT_ALLOWED"]));
  expect(counts).toEqual([]);
});

describe("an admin", () => {
  it("of the platform isn't counted", async () => {
    const { outcomes, counts } = open();
    expect(tally(await outcomes(20, { adminToken }))).toEqual({ in: 20 });
    expect(counts).toEqual([]);
  });

  it("of the tenant is counted in a bucket of the admins, ten times as large", async () => {
    const { outcomes, makeKey, makeUser, changeUser, tokenOf, counts } = open({}, { burst: 1 });
    const { text } = await makeKey("garden", "admin");
    const user = await makeUser("garden", "boss");
    await changeUser(user, { role: "admin" });
    const token = await tokenOf(user);
    expect(tally(await outcomes(30, { apiKey: text }))).toEqual({ in: 30 });
    expect(counts.at(-1)).toMatchObject({ isAllowed: true, limit: 40, remaining: 10 });
    expect(tally(await outcomes(30, { token }))).toEqual({ in: 11, RATE_LIMIT_EXCEEDED: 19 });
    expect(counts.at(-1)).toMatchObject({ isAllowed: false, limit: 40, remaining: 0 });
    // The visitors are still to come.
    expect(await outcomes(2)).toEqual(["in", "in"]);
    expect(tally(await outcomes(20, { adminToken }))).toEqual({ in: 20 });
  });

  it("leaves the bucket of the admins alone with a wrong token, and is counted as a stranger", async () => {
    const { outcomes, counts } = open();
    const guesses = await outcomes(most + 1, { adminToken: "a guess" });
    expect(tally(guesses)).toEqual({ INVALID_TOKEN: most, RATE_LIMIT_EXCEEDED: 1 });
    expect(counts).toEqual([]);
    expect(await outcomes(1, { adminToken })).toEqual(["in"]);
  });
});

describe("a tenant's server", () => {
  it("has no share: it may use the whole", async () => {
    const { outcomes, makeKey } = open();
    const { text } = await makeKey("garden", "server");
    expect(await outcomes(5, { apiKey: text })).toEqual([
      "in",
      "in",
      "in",
      "in",
      "RATE_LIMIT_EXCEEDED",
    ]);
  });

  it("is not one who shows a publishable key, nor a user whose token a server's key made", async () => {
    const { makeKey, makeUser, tokenOf, admit } = open();
    const origin = "http://localhost";
    const { text } = await makeKey("garden", "publishable");
    const pageOfOurs = await admit({ apiKey: text, page: { ...page, origin, own: origin } });
    expect(consumerOf(pageOfOurs)).toEqual({ tenantId: "garden", personId: undefined, address });

    const { key } = await makeKey("garden", "server");
    const user = await makeUser("garden", "42");
    const signedIn = await admit({ token: await tokenOf(user, { keyId: key.id }) });
    expect(consumerOf(signedIn)).toEqual({ tenantId: "garden", personId: user.id, address });
  });
});

it("a person who has signed in is counted as the user, whatever visitor they were", async () => {
  const { makeUser, tokenOf, admit, tokenOfVisitor } = open();
  const user = await makeUser("garden", "42");
  const token = await tokenOf(user);
  const caller = await admit({ token, visitorToken: await tokenOfVisitor("vis_1") });
  expect(consumerOf(caller).personId).toBe(user.id);
});

it("each further frame of an open connection is counted like a request", async () => {
  const { gate, admit } = open();
  const caller = await admit();
  const counts: RequestCount[] = [];
  await countCaller(gate, caller, (count) => counts.push(count));
  await expect(countCaller(gate, caller, (count) => counts.push(count))).rejects.toMatchObject({
    code: "RATE_LIMIT_EXCEEDED",
    retryAfter: 60,
  });
  expect(counts.map(({ isAllowed }) => isAllowed)).toEqual([true, false]);
});

it("nothing is counted where limiting is switched off", async () => {
  const { outcomes, counts } = open({}, { enabled: false });
  expect(new Set(await outcomes(20))).toEqual(new Set(["in"]));
  expect(counts).toEqual([]);
});
