import { calculateJwkThumbprint } from "jose";
import { describe, expect, it } from "vitest";
import { expectRefused } from "./expect-refused.ts";
import { openTokens, rsa, start, tenantWith, writeIssued } from "./tenant-issuer.ts";

const tenant = tenantWith([rsa.jwk]);

describe("of a right token", () => {
  it("the user's id at the issuer, the profile and the end are known", async () => {
    const token = writeIssued({ name: "Ada Löwe", email: "ada@example.com", role: "admin" });
    expect(await openTokens().tokens.verify(tenant, token)).toEqual({
      issuer: "tenant",
      externalId: "customer-7",
      profile: { name: "Ada Löwe", email: "ada@example.com" },
      issuedAt: start * 1000,
      expiresAt: (start + 3600) * 1000,
      proof: {
        issuer: "https://login.example.com",
        audience: "demo",
        thumbprint: await calculateJwkThumbprint(rsa.publicKey),
      },
    });
  });

  it("a profile is taken only as texts that can be stored, of bounded length", async () => {
    const { tokens } = openTokens();
    const odd = [7, "", null, ["Ada"], { first: "Ada" }, "A\0da", "\ud800", "x".repeat(321)];
    for (const value of odd) {
      const claims = await tokens.verify(tenant, writeIssued({ name: value, email: value }));
      expect(claims).toMatchObject({ profile: { name: undefined, email: undefined } });
    }
    const longest = { name: "n".repeat(256), email: "e".repeat(320) };
    expect(await tokens.verify(tenant, writeIssued(longest))).toMatchObject({ profile: longest });
  });

  it("the end is a day after its making at most, whatever it says", async () => {
    const { tokens } = openTokens();
    const token = writeIssued({ iat: start - 3600, exp: start + 30 * 86_400 });
    const claims = await tokens.verify(tenant, token);
    expect(claims.expiresAt).toBe((start - 3600 + 86_400) * 1000);
  });

  it("an id of 256 characters is taken", async () => {
    const sub = "ü".repeat(256);
    expect(await openTokens().tokens.verify(tenant, writeIssued({ sub }))).toMatchObject({
      externalId: sub,
    });
  });

  it("the audience is the tenant's id where the settings name none", async () => {
    const { tokens } = openTokens();
    const named = tenantWith([rsa.jwk], { audience: "chat" });
    await expectRefused(tokens.verify(named, writeIssued()), writeIssued());
    await expect(tokens.verify(named, writeIssued({ aud: "chat" }))).resolves.toBeDefined();
  });
});

describe("within 30 seconds of tolerance", () => {
  const cases: Record<string, [within: object, beyond: object]> = {
    "it may have expired": [{ exp: start - 29 }, { exp: start - 30 }],
    "it may be made in the future": [{ iat: start + 30 }, { iat: start + 31 }],
    "it may be not yet good": [{ nbf: start + 30 }, { nbf: start + 31 }],
    "it may be a day old": [{ iat: start - 86_430 }, { iat: start - 86_431 }],
  };
  it.each(Object.entries(cases))("%s, and not beyond", async (_name, [within, beyond]) => {
    const { tokens } = openTokens();
    await expect(tokens.verify(tenant, writeIssued(within))).resolves.toBeDefined();
    await expectRefused(tokens.verify(tenant, writeIssued(beyond)), writeIssued(beyond));
  });

  it("a good token ends as time goes on", async () => {
    const { tokens, clock } = openTokens();
    const token = writeIssued();
    clock.advance(3_629_000);
    await expect(tokens.verify(tenant, token)).resolves.toBeDefined();
    clock.advance(1000);
    await expectRefused(tokens.verify(tenant, token), token);
  });
});
