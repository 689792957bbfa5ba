import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { createUserTokens } from "../../../api/adapters/jose/user-tokens.ts";
import { createVisitorTokens } from "../../../api/adapters/jose/visitor-tokens.ts";
import { createManualClock, type ManualClock } from "../../support/clock.ts";
import { ownKeyId } from "../../support/hostile-tokens/ground.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { signWithSecret } from "../../support/signing-keys.ts";
import { makeTenant } from "../../support/tenant.ts";
import { writeToken } from "../../support/write-token.ts";
import { expectRefused } from "./expect-refused.ts";

const secret = "the secret of tokens, of at least 32 characters";
const nextSecret = "the secret that comes after it, as long as it";
const tenant = makeTenant("demo");
const user = { id: "user_7", tenantId: "demo" };
const hourMs = 3_600_000;

function open(options: { secret?: string; previousSecret?: string; clock?: ManualClock } = {}) {
  const { clock = createManualClock(), ...secrets } = options;
  const tokens = createUserTokens({ secret, clock, logger: createRecordingLogger(), ...secrets });
  const issue = (ttlMs = hourMs) =>
    tokens.issue({ user, keyId: "key_1", authenticatedAt: clock.now() - hourMs, ttlMs });
  return { clock, tokens, issue };
}

it("says of a token what it was made with", async () => {
  const { tokens, clock, issue } = open();
  const { token, expiresAt } = await issue();
  expect(expiresAt).toBe(clock.now() + hourMs);
  expect(await tokens.verify(tenant, token)).toEqual({
    issuer: "platform",
    userId: "user_7",
    keyId: "key_1",
    authenticatedAt: clock.now() - hourMs,
    expiresAt,
  });
});

it("carries its claims, is typed and names its key", async () => {
  const { clock, issue } = open();
  const { token } = await issue();
  const kid = ownKeyId(secret);
  expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "at+jwt", kid });
  const seconds = clock.now() / 1000;
  expect(decodeJwt(token)).toEqual({
    iss: "miptech-platform",
    aud: "miptech-api",
    tid: "demo",
    sub: "user_7",
    key: "key_1",
    jti: expect.stringMatching(/^[\da-f-]{36}$/),
    auth_time: seconds - 3600,
    iat: seconds,
    exp: seconds + 3600,
  });
});

it("carries no key where none asked, and never the same id twice", async () => {
  const { tokens, clock } = open();
  const draft = { user, keyId: null, authenticatedAt: clock.now(), ttlMs: hourMs };
  const [one, other] = [await tokens.issue(draft), await tokens.issue(draft)];
  expect(decodeJwt(one.token)).not.toHaveProperty("key");
  expect(await tokens.verify(tenant, one.token)).toMatchObject({ keyId: null });
  expect(decodeJwt(one.token).jti).not.toBe(decodeJwt(other.token).jti);
});

it("holds for as long as it says and five seconds, and no longer", async () => {
  const { tokens, clock, issue } = open();
  const { token } = await issue();
  clock.advance(hourMs + 4000);
  await expect(tokens.verify(tenant, token)).resolves.toBeDefined();
  clock.advance(1000);
  await expectRefused(tokens.verify(tenant, token), token);
});

it("is good on another process whose clock is up to five seconds behind", async () => {
  const { token } = await open().issue();
  const start = createManualClock().now();
  const behind = (seconds: number) => open({ clock: createManualClock(start - seconds * 1000) });
  await expect(behind(5).tokens.verify(tenant, token)).resolves.toBeDefined();
  await expectRefused(behind(6).tokens.verify(tenant, token), token);
});

it("is made for a day at most, and for no time that is over", async () => {
  const { issue, tokens } = open();
  const { token } = await issue(24 * hourMs);
  await expect(tokens.verify(tenant, token)).resolves.toBeDefined();
  await expect(issue(24 * hourMs + 1000)).rejects.toThrow(RangeError);
  await expect(issue(-1000)).rejects.toThrow(RangeError);
  await expect(issue(Number.NaN)).rejects.toThrow(RangeError);
});

it("is refused by another tenant", async () => {
  const { tokens, issue } = open();
  const { token } = await issue();
  await expectRefused(tokens.verify(makeTenant("other"), token), token);
});

describe("while the secret is changed", () => {
  it("takes what the one before signed, and signs with the new one alone", async () => {
    const before = await open().issue();
    const during = open({ secret: nextSecret, previousSecret: secret });
    await expect(during.tokens.verify(tenant, before.token)).resolves.toBeDefined();
    const { token } = await during.issue();
    expect(decodeProtectedHeader(token).kid).toBe(ownKeyId(nextSecret));
    await expect(during.tokens.verify(tenant, token)).resolves.toBeDefined();
    const after = open({ secret: nextSecret });
    await expect(after.tokens.verify(tenant, token)).resolves.toBeDefined();
    await expectRefused(after.tokens.verify(tenant, before.token), before.token);
  });

  it("takes no token under the id of the other secret", async () => {
    const { tokens, issue } = open({ secret: nextSecret, previousSecret: secret });
    const claims = decodeJwt((await issue()).token);
    const sign = (kid: string, by: string) =>
      writeToken({ alg: "HS256", typ: "at+jwt", kid }, claims, signWithSecret(by));
    const right = sign(ownKeyId(secret), secret);
    await expect(tokens.verify(tenant, right)).resolves.toBeDefined();
    for (const token of [sign(ownKeyId(secret), nextSecret), sign(ownKeyId(nextSecret), secret)])
      await expectRefused(tokens.verify(tenant, token), token);
  });
});

it("users' and visitors' tokens never stand for one another, even of one secret", async () => {
  const { tokens, clock, issue } = open();
  const visitors = createVisitorTokens({ secret, previousSecret: secret, clock });
  const { token } = await issue();
  const visitorToken = await visitors.issue("demo", "vis_1");
  await expectRefused(visitors.verify("demo", token), token);
  await expectRefused(tokens.verify(tenant, visitorToken), visitorToken);
});

it("a huge token is refused unread", async () => {
  const { tokens } = open();
  await expectRefused(tokens.verify(tenant, "a".repeat(50_000_000)), "");
});
