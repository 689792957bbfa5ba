import { sign, type KeyObject } from "node:crypto";
import { signWith, signWithSecret, type Sign, type SigningKey } from "../signing-keys.ts";
import { encodePart, writeToken } from "../write-token.ts";
import {
  ownClaims,
  ownHeader,
  ownKeyId,
  tenantClaims,
  type NamedToken,
  type TokenGround,
} from "./ground.ts";

/** Tokens that want to be checked in another way than the one they must be. */
export function makeAlgorithmTokens(ground: TokenGround): readonly NamedToken[] {
  return [
    ...unsigned(ground),
    ...confusedKeys(ground),
    ...oddAlgorithms(ground),
    ...emptySignatures(ground),
    ...stolenWays(ground),
  ];
}

const noSignature: Sign = () => Buffer.alloc(0);

function unsigned(ground: TokenGround): NamedToken[] {
  const spellings = ["none", "None", "NONE", "nOnE", "none ", "", "NULL"];
  return spellings.flatMap((alg): NamedToken[] => [
    [`alg ${alg}`, writeToken({ alg, typ: "JWT" }, tenantClaims(ground), noSignature)],
    [
      `alg ${alg} with a signature`,
      writeToken({ alg, typ: "JWT" }, tenantClaims(ground), () => Buffer.from("signature")),
    ],
    [
      `alg ${alg} in our name`,
      writeToken({ ...ownHeader(ground), alg }, ownClaims(ground), noSignature),
    ],
  ]);
}

/** Public keys, which everybody has, taken for secrets (CVE-2015-9235). */
function confusedKeys(ground: TokenGround): NamedToken[] {
  return [ground.keys.rsa, ground.keys.ec, ground.keys.ed].flatMap((key) =>
    spellingsOf(key).flatMap(([spelling, secret]): NamedToken[] => [
      [
        `HS256 with the public ${key.alg} key as ${spelling}`,
        writeToken({ alg: "HS256", kid: key.kid }, tenantClaims(ground), signWithSecret(secret)),
      ],
      [
        `HS256 with the public ${key.alg} key as ${spelling} in our name`,
        writeToken(ownHeader(ground), ownClaims(ground), signWithSecret(secret)),
      ],
      [
        `HS512 with the public ${key.alg} key as ${spelling}`,
        writeToken(
          { alg: "HS512", kid: key.kid },
          tenantClaims(ground),
          signWithSecret(secret, 512),
        ),
      ],
    ]),
  );
}

function spellingsOf({ publicKey, jwk, alg }: SigningKey): [string, string | Buffer][] {
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const spellings: [string, string | Buffer][] = [
    ["PEM", pem],
    ["PEM without its last newline", pem.trimEnd()],
    ["DER", publicKey.export({ type: "spki", format: "der" })],
    ["JWK", JSON.stringify(jwk)],
    ["bytes", rawBytes(publicKey)],
  ];
  if (alg !== "RS256") return spellings;
  return [...spellings, ["PKCS #1", publicKey.export({ type: "pkcs1", format: "pem" })]];
}

function rawBytes(key: KeyObject): Buffer {
  const { n, x } = key.export({ format: "jwk" });
  return Buffer.from(n ?? x ?? "", "base64url");
}

function oddAlgorithms(ground: TokenGround): NamedToken[] {
  const { rsa } = ground.keys;
  const algs: unknown[] = [
    "rs256",
    "RS256 ",
    "RS1",
    "RSA",
    "ES256K",
    256,
    null,
    ["RS256"],
    { alg: "RS256" },
  ];
  const written = (alg: unknown) =>
    writeToken({ alg, kid: rsa.kid }, tenantClaims(ground), signWith(rsa, "RS256"));
  return [
    ...algs.map((alg): NamedToken => [`alg ${JSON.stringify(alg)}`, written(alg)]),
    ["no alg", written(undefined)],
    [
      "an algorithm that the key is not for",
      writeToken({ alg: "PS256", kid: rsa.kid }, tenantClaims(ground), signWith(rsa, "PS256")),
    ],
    [
      "ES256 with the id of the RSA key",
      writeToken(
        { alg: "ES256", kid: rsa.kid },
        tenantClaims(ground),
        signWith(ground.keys.ec, "ES256"),
      ),
    ],
  ];
}

/** Numbers that prove everything where nobody looks at them (CVE-2022-21449), and signatures in another form. */
function emptySignatures(ground: TokenGround): NamedToken[] {
  const { ec, ed, rsa } = ground.keys;
  const order = Buffer.from(
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "hex",
  );
  const one = Buffer.concat([Buffer.alloc(31), Buffer.from([1])]);
  const of = (key: SigningKey, signature: Buffer) =>
    writeToken({ alg: key.alg, kid: key.kid }, tenantClaims(ground), () => signature);
  const der: Sign = (data) =>
    sign("sha256", Buffer.from(data), { key: ec.privateKey, dsaEncoding: "der" });
  return [
    ["ES256 with a signature of zeros", of(ec, Buffer.alloc(64))],
    ["ES256 with r and s of the curve's order", of(ec, Buffer.concat([order, order]))],
    ["ES256 with r = s = 1", of(ec, Buffer.concat([one, one]))],
    ["ES256 with zeros as DER", of(ec, Buffer.from("3006020100020100", "hex"))],
    [
      "ES256 with a right signature as DER",
      writeToken({ alg: "ES256", kid: ec.kid }, tenantClaims(ground), der),
    ],
    ["ES256 with half a signature", of(ec, Buffer.alloc(32))],
    ["EdDSA with a signature of zeros", of(ed, Buffer.alloc(64))],
    ["RS256 with a signature of zeros", of(rsa, Buffer.alloc(256))],
    ["RS256 with a signature of one byte", of(rsa, Buffer.alloc(1))],
  ];
}

/** Right signatures of keys that have no say in whose name the token speaks. */
function stolenWays(ground: TokenGround): NamedToken[] {
  const { keys, secret, visitorSecret, attackerKey, revokedKey } = ground;
  const rsa = (key: SigningKey, header: object, claims: object) =>
    writeToken({ alg: "RS256", kid: key.kid, ...header }, claims, signWith(key, "RS256"));
  const hmac = (key: string, header: object, claims: object) =>
    writeToken({ ...ownHeader(ground), ...header }, claims, signWithSecret(key));
  return [
    ["the tenant's key in our name", rsa(keys.rsa, { typ: "at+jwt" }, ownClaims(ground))],
    ["our secret in the tenant issuer's name", hmac(secret, {}, tenantClaims(ground))],
    [
      "our secret in the tenant issuer's name without a type",
      `${encodePart({ alg: "HS256" })}.${hmac(secret, {}, tenantClaims(ground)).split(".").slice(1).join(".")}`,
    ],
    ["a revoked key", rsa(revokedKey, {}, tenantClaims(ground))],
    ["an attacker's key", rsa(attackerKey, {}, tenantClaims(ground))],
    [
      "an attacker's key under the tenant's key id",
      rsa(attackerKey, { kid: keys.rsa.kid }, tenantClaims(ground)),
    ],
    [
      "an attacker's key without a key id",
      rsa(attackerKey, { kid: undefined }, tenantClaims(ground)),
    ],
    ["the secret of visitors", hmac(visitorSecret, {}, ownClaims(ground))],
    [
      "the secret of visitors under its own id",
      hmac(visitorSecret, { kid: ownKeyId(visitorSecret) }, ownClaims(ground)),
    ],
    ...["", "secret", "your-jwt-secret-here", `${secret} `].map((guess): NamedToken => [
      `the guessed secret ${JSON.stringify(guess.replace(secret, "…"))}`,
      hmac(guess, {}, ownClaims(ground)),
    ]),
    [
      "a secret that was taken out of use",
      hmac(
        "last year's secret of this platform",
        { kid: ownKeyId("last year's secret of this platform") },
        ownClaims(ground),
      ),
    ],
    [
      "our secret with HS384",
      writeToken(
        { ...ownHeader(ground), alg: "HS384" },
        ownClaims(ground),
        signWithSecret(secret, 384),
      ),
    ],
  ];
}
