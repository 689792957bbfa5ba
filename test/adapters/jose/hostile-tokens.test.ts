import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createUserTokens } from "../../../api/adapters/jose/user-tokens.ts";
import type { UserTokens } from "../../../api/core/access/tokens.ts";
import { createManualClock } from "../../support/clock.ts";
import {
  issuerSettings,
  makeRightTokens,
  makeTokenGround,
  publishedKeys,
} from "../../support/hostile-tokens/ground.ts";
import { fitsHeader, makeHostileTokens } from "../../support/hostile-tokens/hostile-tokens.ts";
import { startJwksServer, type JwksServer } from "../../support/jwks-server.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makeTenant } from "../../support/tenant.ts";
import { expectRefused } from "./expect-refused.ts";

const clock = createManualClock();
const ground = makeTokenGround({
  tenantId: "demo",
  otherTenantId: "other",
  userId: "user_7",
  secret: "the secret of tokens, of at least 32 characters",
  visitorSecret: "the secret of visitors, of at least 32 characters",
  now: clock.now(),
});
const hostile = await makeHostileTokens(ground);
const right = makeRightTokens(ground);

function open(): UserTokens {
  const { secret } = ground;
  return createUserTokens({
    secret,
    previousSecret: "the secret before, of at least 32 characters",
    allowPrivateJwks: true,
    clock,
    logger: createRecordingLogger(),
  });
}

it("the tokens are many, and no two are the same", () => {
  expect(hostile.length).toBeGreaterThan(250);
  expect(new Set(hostile.map(([, token]) => token)).size).toBe(hostile.length);
  expect(new Set(hostile.map(([name]) => name)).size).toBe(hostile.length);
  expect(hostile.filter(([, token]) => !fitsHeader(token)).length).toBeLessThan(15);
});

describe("with the issuer's keys in the tenant's settings", () => {
  const tokens = open();
  const tenant = makeTenant("demo", { auth: { issuer: undefined, ...issuerSettings(ground) } });

  it.each(right)("takes one %s", async (_name, token) => {
    await expect(tokens.verify(tenant, token)).resolves.toMatchObject({
      expiresAt: clock.now() + 3_600_000,
    });
  });

  it.each(hostile)("refuses %s", async (_name, token) => {
    await expectRefused(tokens.verify(tenant, token), token);
  });

  it.each(right)("another tenant of the same issuer refuses one %s", async (_name, token) => {
    const other = makeTenant("other", {
      auth: { ...issuerSettings(ground), audience: "https://chat.example.com/other" },
    });
    await expectRefused(tokens.verify(other, token), token);
  });
});

describe("with the issuer's keys at a URL", () => {
  const tokens = open();
  let server: JwksServer;
  beforeAll(async () => {
    server = await startJwksServer();
    server.publish(publishedKeys(ground));
  });
  afterAll(() => server.close());

  const tenant = () => {
    const { issuer, audience } = ground;
    return makeTenant("demo", { auth: { issuer, audience, jwks_url: server.url } });
  };

  it.each(right)("takes one %s", async (_name, token) => {
    await expect(tokens.verify(tenant(), token)).resolves.toBeDefined();
  });

  it.each(hostile)("refuses %s", async (_name, token) => {
    await expectRefused(tokens.verify(tenant(), token), token);
  });

  it("and fetches the keys no more than twice for all of them", () => {
    expect(server.requests).toBe(2);
  });
});

describe("a tenant without an issuer", () => {
  const tokens = open();
  const tenant = makeTenant("demo");

  it.each(right)("takes one %s only where it is the platform's", async (name, token) => {
    const attempt = tokens.verify(tenant, token);
    if (name === "of the platform")
      await expect(attempt).resolves.toMatchObject({ userId: "user_7" });
    else await expectRefused(attempt, token);
  });
});

describe("a tenant that gives the platform's name for its issuer's", () => {
  const tokens = open();
  const auth = { issuer: "miptech-platform", audience: "miptech-api", keys: publishedKeys(ground) };
  const tenant = makeTenant("demo", { auth });

  it.each(hostile)("refuses %s", async (_name, token) => {
    await expectRefused(tokens.verify(tenant, token), token);
  });
});
