import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeSigningKey, signWithSecret, type SigningKey } from "../../support/signing-keys.ts";
import { writeToken } from "../../support/write-token.ts";
import { expectRefused } from "./expect-refused.ts";
import { openTokens, rightClaims, rsa, secret, tenantWith, writeIssued } from "./tenant-issuer.ts";

describe("of registered keys", () => {
  const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map((alg) => [
    alg,
    { ...rsa, alg, jwk: { ...rsa.jwk, alg } },
  ]) as [string, SigningKey][];
  const others = ["ES256", "ES384", "ES512", "EdDSA", "Ed25519"].map((alg) => [
    alg,
    makeSigningKey(alg, "other"),
  ]) as [string, SigningKey][];

  it.each([...algorithms, ...others])("takes %s", async (alg, key) => {
    const { alg: _alg, use: _use, ...bare } = key.jwk;
    for (const jwk of [key.jwk, bare, { ...bare, key_ops: ["verify"] }]) {
      const token = writeIssued({}, { key, alg });
      await expect(openTokens().tokens.verify(tenantWith([jwk]), token)).resolves.toBeDefined();
    }
  });

  it("two live ones both count, until one is taken out", async () => {
    const { tokens } = openTokens();
    const next = makeSigningKey("RS256", "rsa-next");
    const tokensOfBoth = [writeIssued(), writeIssued({}, { key: next })];
    for (const token of tokensOfBoth)
      await expect(tokens.verify(tenantWith([rsa.jwk, next.jwk]), token)).resolves.toBeDefined();
    await expectRefused(tokens.verify(tenantWith([next.jwk]), writeIssued()), writeIssued());
  });

  it("a token without kid is held against all that fit, broken ones among them", async () => {
    const { tokens } = openTokens();
    const ec = makeSigningKey("ES256", "ec");
    const broken = { ...ec.jwk, kid: "broken", x: "AA" };
    const others = [makeSigningKey("ES256", "first").jwk, broken, rsa.jwk];
    const token = writeIssued({}, { key: ec, header: { kid: undefined } });
    await expect(tokens.verify(tenantWith([...others, ec.jwk]), token)).resolves.toBeDefined();
    await expectRefused(tokens.verify(tenantWith(others), token), token);
  });

  it("none counts but public ones that are strong enough and meant for signatures", async () => {
    const { tokens } = openTokens();
    const { n, e } = rsa.jwk;
    const weak = pairOf(generateKeyPairSync("rsa", { modulusLength: 1024 }));
    const odd: [string, SigningKey][] = [
      ["private", { ...rsa, jwk: { ...rsa.privateKey.export({ format: "jwk" }), kid: "rsa" } }],
      ["with a private member", { ...rsa, jwk: { ...rsa.jwk, d: "" } }],
      ["with a symmetric member", { ...rsa, jwk: { ...rsa.jwk, k: "c2VjcmV0" } }],
      ["of 1024 bits", weak],
      ["of 1024 bits behind zeros", { ...weak, jwk: { ...weak.jwk, n: padded(weak.jwk.n) } }],
      ["for encryption", { ...rsa, jwk: { ...rsa.jwk, use: "enc" } }],
      ["for other operations", { ...rsa, jwk: { ...rsa.jwk, key_ops: ["encrypt"] } }],
      ["for another algorithm", { ...rsa, jwk: { ...rsa.jwk, alg: "PS256" } }],
      ["of another id", { ...rsa, jwk: { ...rsa.jwk, kid: "RSA" } }],
      ["of no id, where the token names one", { ...rsa, jwk: { kty: "RSA", n, e } }],
      ["with an odd id", { ...rsa, jwk: { ...rsa.jwk, kid: ["rsa"] } }],
    ];
    for (const [name, key] of odd) {
      const token = writeIssued({}, { key, alg: "RS256" });
      await expectRefused(tokens.verify(tenantWith([key.jwk]), token), token).catch((error) => {
        throw new Error(`A key ${name}`, { cause: error });
      });
    }
    await expect(
      tokens.verify(tenantWith([{ kty: "RSA", kid: "rsa", n, e }]), writeIssued()),
    ).resolves.toBeDefined();
  });

  it("an exponent of one, by which anybody could sign, is not taken", async () => {
    const jwk = { ...rsa.jwk, e: "AQ" };
    const token = forgeForExponentOne(writeIssued());
    await expectRefused(openTokens().tokens.verify(tenantWith([jwk]), token), token);
  });

  it("a symmetric one is never held against anything", async () => {
    const jwk = { kty: "oct", kid: "rsa", k: Buffer.from(secret).toString("base64url") };
    for (const bits of [256, 384, 512]) {
      const header = { alg: `HS${bits}`, kid: "rsa" };
      const token = writeToken(header, rightClaims, signWithSecret(secret, bits));
      await expectRefused(openTokens().tokens.verify(tenantWith([jwk]), token), token);
    }
  });
});

function pairOf(pair: { privateKey: KeyObject; publicKey: KeyObject }): SigningKey {
  return { ...rsa, ...pair, jwk: { ...pair.publicKey.export({ format: "jwk" }), kid: "rsa" } };
}

function padded(modulus: unknown): string {
  const bytes = Buffer.from(String(modulus), "base64url");
  return Buffer.concat([Buffer.alloc(256), bytes]).toString("base64url");
}

/** With e = 1 the signature is the padded digest itself (RFC 8017, 9.2). */
function forgeForExponentOne(token: string): string {
  const signed = token.slice(0, token.lastIndexOf("."));
  const digest = createHash("sha256").update(signed).digest();
  const info = Buffer.concat([
    Buffer.from("3031300d060960864801650304020105000420", "hex"),
    digest,
  ]);
  const filling = Buffer.alloc(256 - 3 - info.length, 0xff);
  const signature = Buffer.concat([Buffer.from([0, 1]), filling, Buffer.from([0]), info]);
  return `${signed}.${signature.toString("base64url")}`;
}
