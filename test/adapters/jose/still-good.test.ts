import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IssuerProof, UserTokens } from "../../../api/core/access/tokens.ts";
import type { Tenant } from "../../../api/core/tenant.ts";
import { startJwksServer, type JwksServer } from "../../support/jwks-server.ts";
import { makeSigningKey } from "../../support/signing-keys.ts";
import { openTokens, rsa, tenantWith, writeIssued } from "./tenant-issuer.ts";

const next = makeSigningKey("ES256", "next");
let server: JwksServer;
beforeAll(async () => {
  server = await startJwksServer();
});
afterAll(() => server.close());

const atUrl = (keys: readonly object[] = []) => tenantWith(keys, { jwks_url: server.url });
const fail = () => server.answerWith((_request, response) => void response.writeHead(503).end());

/** What vouched for the user of a right token. */
async function prove(
  tokens: UserTokens,
  tenant: Tenant,
  token = writeIssued(),
): Promise<IssuerProof> {
  const claims = await tokens.verify(tenant, token);
  if (claims.issuer !== "tenant") throw new Error("It is one of ours");
  return claims.proof;
}

describe("who was vouched for by a registered key", () => {
  it("is for as long as the key is registered, under whatever id", async () => {
    const { tokens } = openTokens();
    const proof = await prove(tokens, tenantWith([rsa.jwk]));
    const { kty, n, e } = rsa.jwk;
    for (const keys of [[rsa.jwk], [next.jwk, rsa.jwk], [{ kty, n, e, kid: "renamed" }]])
      expect(await tokens.isStillGood(tenantWith(keys), proof)).toBe(true);
    for (const keys of [[], [next.jwk], [{ ...next.jwk, kid: "rsa" }]])
      expect(await tokens.isStillGood(tenantWith(keys), proof)).toBe(false);
  });

  it("is no longer when the issuer or its audience is another, or none", async () => {
    const { tokens } = openTokens();
    const proof = await prove(tokens, tenantWith([rsa.jwk]));
    for (const auth of [{ issuer: "https://other.example" }, { audience: "x" }, { issuer: null }])
      expect(await tokens.isStillGood(tenantWith([rsa.jwk], auth), proof)).toBe(false);
  });

  it("is none the worse for a broken key beside it", async () => {
    const { tokens } = openTokens();
    const tenant = tenantWith([{ kty: "EC", crv: "P-256", kid: "broken" }, rsa.jwk]);
    const proof = await prove(tokens, tenant);
    expect(await tokens.isStillGood(tenant, proof)).toBe(true);
    const broken = tenantWith([{ kty: "EC", crv: "P-256", kid: "broken" }]);
    expect(await tokens.isStillGood(broken, proof)).toBe(false);
  });

  it("still is when the key is found at the URL instead", async () => {
    const { tokens } = openTokens();
    const proof = await prove(tokens, tenantWith([rsa.jwk]));
    server.publish([rsa.jwk]);
    expect(await tokens.isStillGood(atUrl(), proof)).toBe(true);
    server.publish([next.jwk]);
    expect(await openTokens().tokens.isStillGood(atUrl(), proof)).toBe(false);
  });
});

describe("who was vouched for by a key of the URL", () => {
  it("is until a fetched set lacks it; what is asked of them costs no fetch", async () => {
    const { tokens, clock } = openTokens();
    server.publish([rsa.jwk, next.jwk]);
    const proof = await prove(tokens, atUrl());
    const nextProof = await prove(tokens, atUrl(), writeIssued({}, { key: next }));
    server.publish([next.jwk]);
    const before = server.requests;
    for (let count = 0; count < 50; count += 1)
      expect(await tokens.isStillGood(atUrl(), proof)).toBe(true);
    expect(server.requests).toBe(before);
    clock.advance(600_000);
    await expect.poll(() => tokens.isStillGood(atUrl(), proof)).toBe(false);
    for (let count = 0; count < 50; count += 1) {
      expect(await tokens.isStillGood(atUrl(), proof)).toBe(false);
      expect(await tokens.isStillGood(atUrl(), nextProof)).toBe(true);
    }
    // The one that was due, and one for the key that isn't there.
    expect(server.requests - before).toBeLessThanOrEqual(2);
  });

  it("is while the keys can't be fetched, from what was kept", async () => {
    const { tokens, clock } = openTokens();
    server.publish([rsa.jwk]);
    const proof = await prove(tokens, atUrl());
    fail();
    clock.advance(600_000);
    for (let count = 0; count < 3; count += 1) {
      expect(await tokens.isStillGood(atUrl(), proof)).toBe(true);
      clock.advance(10_000);
    }
    expect(await tokens.isStillGood(tenantWith([next.jwk]), proof)).toBe(false);
  });

  it("nobody can tell while nothing was kept: neither good nor bad is said", async () => {
    const { tokens, clock } = openTokens();
    server.publish([rsa.jwk]);
    const proof = await prove(openTokens().tokens, atUrl());
    fail();
    const before = server.requests;
    for (let count = 0; count < 5; count += 1)
      await expect(tokens.isStillGood(atUrl(), proof)).rejects.toMatchObject({
        code: "SERVICE_UNAVAILABLE",
      });
    expect(server.requests - before).toBe(1);
    server.publish([rsa.jwk]);
    clock.advance(10_000);
    expect(await tokens.isStillGood(atUrl(), proof)).toBe(true);
  });

  it("is at a process that keeps an older set, too", async () => {
    const [here, there] = [openTokens().tokens, openTokens().tokens];
    server.publish([rsa.jwk]);
    await prove(there, atUrl());
    server.publish([rsa.jwk, next.jwk]);
    const proof = await prove(here, atUrl(), writeIssued({}, { key: next }));
    expect(await there.isStillGood(atUrl(), proof)).toBe(true);
  });
});
