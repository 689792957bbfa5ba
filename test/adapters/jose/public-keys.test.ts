import { describe, expect, it } from "vitest";
import { readPublicKeys, selectKeys } from "../../../api/adapters/jose/public-keys.ts";
import { makeSigningKey } from "../../support/signing-keys.ts";

const { jwk: ec } = makeSigningKey("ES256", "ec");
const { jwk: ed } = makeSigningKey("EdDSA", "ed");
/** The modulus of so many bits; whether it is a product of two primes is no matter here. */
const rsaOf = (bits: number, e = "AQAB") => {
  const n = Buffer.from((2n ** BigInt(bits) - 1n).toString(16).padStart(bits / 4, "0"), "hex");
  return { kty: "RSA", kid: "rsa", n: n.toString("base64url"), e };
};
const exponent = (value: number) =>
  Buffer.from(value.toString(16).padStart(10, "0"), "hex").toString("base64url");

describe("a public key is read", () => {
  const right: [string, object][] = [
    ["of a curve", ec],
    ["of an Edwards curve", ed],
    ["of 2048 bits", rsaOf(2048)],
    ["of 8192 bits", rsaOf(8192)],
    ["with the exponent 3", rsaOf(2048, exponent(3))],
    ["with an exponent of 32 bits", rsaOf(2048, exponent(0xffff_ffff))],
    ["for signatures", { ...ec, use: "sig", key_ops: ["verify"] }],
  ];
  it.each(right)("%s", (_name, key) => {
    expect(readPublicKeys([key])).toHaveLength(1);
  });

  it("without what it doesn't take", () => {
    const more = {
      x5c: ["MII…"],
      x5t: "abc",
      x5u: "https://example.com",
      ext: "yes",
      note: "hello",
    };
    expect(readPublicKeys([{ ...ec, ...more }])).toEqual([ec]);
  });
});

describe("a public key is not read", () => {
  const wrong: [string, unknown][] = [
    ["of 2040 bits", rsaOf(2040)],
    ["of 8200 bits", rsaOf(8200)],
    ["with the exponent 1", rsaOf(2048, exponent(1))],
    ["with an even exponent", rsaOf(2048, exponent(65_536))],
    ["with an exponent of 33 bits", rsaOf(2048, exponent(0x1_0000_0001))],
    ["without an exponent", { ...rsaOf(2048), e: undefined }],
    ["without a modulus", { ...rsaOf(2048), n: undefined }],
    ["for encryption", { ...ec, use: "enc" }],
    ["for an odd use", { ...ec, use: ["sig"] }],
    ["for signing", { ...ec, key_ops: ["sign"] }],
    ["for odd operations", { ...ec, key_ops: "verify" }],
    ["of another curve", { ...ec, crv: "secp256k1" }],
    ["of an Edwards curve that isn't for signatures", { ...ed, crv: "X25519" }],
    ["of a curve under another type", { ...ec, kty: "OKP" }],
    ["of no type", { ...ec, kty: undefined }],
    ["of secret bytes", { kty: "oct", k: "c2VjcmV0" }],
    ["with an odd member", { ...ec, x: 7 }],
    ...["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"].map((name): [string, unknown] => [
      `with the member ${name}`,
      { ...ec, [name]: "" },
    ]),
    ["null", null],
    ["of a text", JSON.stringify(ec)],
    ["of a list", [ec]],
  ];
  it.each(wrong)("%s", (_name, key) => {
    expect(readPublicKeys([key])).toEqual([]);
  });
});

describe("of the keys, a token may be signed with", () => {
  const rsa = rsaOf(2048);
  const keys = readPublicKeys([
    rsa,
    { ...rsa, kid: "ps", alg: "PS256" },
    ec,
    ed,
    { ...ec, kid: undefined },
  ]);
  const kids = (alg: string, kid?: string) =>
    selectKeys(keys, { alg, kid, typ: undefined }).map((key) => key.kid);

  it("those of its algorithm", () => {
    expect(kids("RS256")).toEqual(["rsa"]);
    expect(kids("PS256")).toEqual(["rsa", "ps"]);
    expect(kids("ES256")).toEqual(["ec", undefined]);
    expect(kids("EdDSA")).toEqual(["ed"]);
    for (const alg of ["Ed25519", "ES384", "HS256", "none", "constructor", ""])
      expect(kids(alg), alg).toEqual([]);
  });

  it("and of its key id, where it names one", () => {
    expect(kids("ES256", "ec")).toEqual(["ec"]);
    expect(kids("PS256", "ps")).toEqual(["ps"]);
    expect(kids("RS256", "ps")).toEqual([]);
    expect(kids("ES256", "")).toEqual([]);
  });
});
