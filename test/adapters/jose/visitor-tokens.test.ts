import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createVisitorTokens } from "../../../api/adapters/jose/visitor-tokens.ts";
import { createManualClock } from "../../support/clock.ts";
import { signWithSecret } from "../../support/signing-keys.ts";
import { writeToken } from "../../support/write-token.ts";
import { expectRefused } from "./expect-refused.ts";

const secret = "a secret of at least thirty-two characters";
const dayMs = 86_400_000;

function open(options: { secret?: string; previousSecret?: string; ttlMs?: number } = {}) {
  const clock = createManualClock();
  return { clock, tokens: createVisitorTokens({ secret, clock, ...options }) };
}

it("gives back the visitor that it was issued for, and its end", async () => {
  const { tokens, clock } = open();
  const token = await tokens.issue("demo", "vis_1");
  const expiresAt = clock.now() + 90 * dayMs;
  clock.advance(1000);
  expect(await tokens.verify("demo", token)).toEqual({ visitorId: "vis_1", expiresAt });
});

it("carries its claims, and is typed", async () => {
  const { tokens, clock } = open();
  const token = await tokens.issue("demo", "vis_1");
  expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "visitor+jwt" });
  const seconds = clock.now() / 1000;
  expect(decodeJwt(token)).toEqual({
    sub: "vis_1",
    tid: "demo",
    iss: "miptech-platform",
    aud: "miptech-visitor",
    iat: seconds,
    exp: seconds + 90 * 86_400,
  });
});

it("holds for as long as it says, and no longer", async () => {
  const { tokens, clock } = open({ ttlMs: dayMs });
  const token = await tokens.issue("demo", "vis_1");
  clock.advance(dayMs - 1000);
  expect(await tokens.verify("demo", token)).toMatchObject({ visitorId: "vis_1" });
  clock.advance(11_000);
  await expectRefused(tokens.verify("demo", token), token);
});

it("is good on another process with the same secret, whose clock is a little behind", async () => {
  const { tokens } = open();
  const token = await tokens.issue("demo", "vis_1");
  const clock = createManualClock(Date.UTC(2029, 11, 31, 23, 59, 58));
  expect(await createVisitorTokens({ secret, clock }).verify("demo", token)).toMatchObject({
    visitorId: "vis_1",
  });
});

it("stays good while the secret is changed, and is signed with the new one alone", async () => {
  const nextSecret = `${secret}, the next`;
  const old = await open().tokens.issue("demo", "vis_1");
  const during = open({ secret: nextSecret, previousSecret: secret }).tokens;
  const young = await during.issue("demo", "vis_2");
  expect(await during.verify("demo", old)).toMatchObject({ visitorId: "vis_1" });
  expect(await during.verify("demo", young)).toMatchObject({ visitorId: "vis_2" });
  const after = open({ secret: nextSecret }).tokens;
  expect(await after.verify("demo", young)).toMatchObject({ visitorId: "vis_2" });
  await expectRefused(after.verify("demo", old), old);
  await expectRefused(open().tokens.verify("demo", young), young);
});

describe("refuses", () => {
  it("another tenant's", async () => {
    const { tokens } = open();
    const token = await tokens.issue("demo", "vis_1");
    await expectRefused(tokens.verify("other", token), token);
  });

  it("one signed with another secret, or with the secret itself", async () => {
    const { tokens, clock } = open();
    const foreign = await open({ secret: `${secret}!` }).tokens.issue("demo", "vis_1");
    await expectRefused(tokens.verify("demo", foreign), foreign);
    const plain = await signAs({ now: clock.now(), key: new TextEncoder().encode(secret) });
    await expectRefused(tokens.verify("demo", plain), plain);
  });

  it("one that was changed in any part", async () => {
    const { tokens } = open();
    const token = await tokens.issue("demo", "vis_1");
    const [header = "", , signature = ""] = token.split(".");
    const forged = Buffer.from(JSON.stringify({ ...decodeJwt(token), sub: "vis_2" })).toString(
      "base64url",
    );
    await expectRefused(
      tokens.verify("demo", `${header}.${forged}.${signature}`),
      `${header}.${forged}.${signature}`,
    );
    for (let at = 0; at < token.length; at += 7) {
      const changed = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
      await expectRefused(tokens.verify("demo", changed), changed);
    }
  });

  it("one without a signature", async () => {
    const { tokens, clock } = open();
    const claims = new UnsecuredJWT({ tid: "demo" })
      .setSubject("vis_1")
      .setIssuer("miptech-platform");
    const unsecured = claims
      .setAudience("miptech-visitor")
      .setIssuedAt()
      .setExpirationTime("1 day")
      .encode();
    await expectRefused(tokens.verify("demo", unsecured), unsecured);
    const [header, payload] = (await tokens.issue("demo", "vis_1")).split(".");
    const bare = `${header}.${payload}.`;
    await expectRefused(tokens.verify("demo", bare), bare);
    expect(clock.timers).toBe(0);
  });

  const wrongs: Record<string, SignOptions> = {
    "another type": { typ: "JWT" },
    "no type": { typ: undefined },
    "another audience": { audience: "someone-else" },
    "another issuer": { issuer: "someone-else" },
    "another algorithm": { alg: "HS512" },
    "no expiry": { expires: false },
    "no visitor": { subject: undefined },
    "an empty visitor": { subject: "" },
    "an odd visitor": { subject: "vis_1' or '" },
    "no tenant": { tenant: undefined },
  };
  for (const [what, options] of Object.entries(wrongs)) {
    it(`one of ours with ${what}`, async () => {
      const { tokens, clock } = open();
      const key = await deriveKey();
      const right = await signAs({ now: clock.now(), key });
      expect(await tokens.verify("demo", right)).toMatchObject({ visitorId: "vis_1" });
      const wrong = await signAs({ now: clock.now(), key, ...options });
      await expectRefused(tokens.verify("demo", wrong), wrong);
    });
  }

  it("one of ours for a list of visitors", async () => {
    const { tokens, clock } = open();
    const iat = clock.now() / 1000;
    const claims = {
      iss: "miptech-platform",
      aud: "miptech-visitor",
      tid: "demo",
      iat,
      exp: iat + 60,
    };
    const header = { alg: "HS256", typ: "visitor+jwt" };
    const sign = signWithSecret(await deriveKey());
    const right = writeToken(header, { ...claims, sub: "vis_1" }, sign);
    expect(await tokens.verify("demo", right)).toMatchObject({ visitorId: "vis_1" });
    const wrong = writeToken(header, { ...claims, sub: ["vis_1"] }, sign);
    await expectRefused(tokens.verify("demo", wrong), wrong);
  });

  it("what is no token at all", async () => {
    const { tokens } = open();
    const garbage = [
      "",
      ".",
      "..",
      "...",
      "null",
      "{}",
      "a.b.c",
      "💥.💥.💥",
      " ",
      "\0",
      "eyJhbGciOiJIUzI1NiJ9..",
      "x".repeat(100),
    ];
    for (const token of garbage) await expectRefused(tokens.verify("demo", token), token);
  });

  it("one of ours in another spelling", async () => {
    const { tokens } = open();
    const token = await tokens.issue("demo", "vis_1");
    for (const other of [` ${token}`, `${token} `, `${token}\n`, `${token}=`, `${token}\0`])
      await expectRefused(tokens.verify("demo", other), token);
  });

  it("a huge one without reading it", async () => {
    const { tokens } = open();
    const token = await tokens.issue("demo", "v".repeat(5000));
    await expectRefused(tokens.verify("demo", token), token);
    await expectRefused(tokens.verify("demo", "a".repeat(50_000_000)), "");
  });
});

interface SignOptions {
  alg?: string;
  typ?: string | undefined;
  issuer?: string;
  audience?: string;
  subject?: string | undefined;
  tenant?: string | undefined;
  expires?: boolean;
}

/** The key of visitor tokens, as the adapter derives it: to sign what it would never sign. */
async function deriveKey(): Promise<Uint8Array> {
  const base = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    "HKDF",
    false,
    ["deriveBits"],
  );
  const info = new TextEncoder().encode("miptech visitor tokens, version 1");
  const bits = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info },
    base,
    256,
  );
  return new Uint8Array(bits);
}

function signAs(options: SignOptions & { now: number; key: Uint8Array }): Promise<string> {
  const { alg, typ, issuer, audience, subject, tenant, expires, now, key } = {
    alg: "HS256",
    typ: "visitor+jwt",
    issuer: "miptech-platform",
    audience: "miptech-visitor",
    subject: "vis_1",
    tenant: "demo",
    expires: true,
    ...options,
  };
  const token = new SignJWT(tenant === undefined ? {} : { tid: tenant })
    .setProtectedHeader(typ === undefined ? { alg } : { alg, typ })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(now / 1000);
  if (subject !== undefined) token.setSubject(subject);
  if (expires) token.setExpirationTime(now / 1000 + 1000);
  return token.sign(key);
}
