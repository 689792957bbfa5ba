import {
  constants,
  createHmac,
  generateKeyPairSync,
  sign,
  type KeyObject,
  type SignKeyObjectInput,
} from "node:crypto";

/** A key pair of an issuer of tokens. */
export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The public half as an issuer publishes it. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

export type Sign = (data: string) => Buffer;

export function makeSigningKey(alg: string, kid: string): SigningKey {
  const { privateKey, publicKey } = generate(alg);
  return {
    alg,
    kid,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" },
  };
}

function generate(alg: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const curves: Record<string, string> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };
  const namedCurve = curves[alg];
  if (namedCurve !== undefined) return generateKeyPairSync("ec", { namedCurve });
  if (alg === "EdDSA" || alg === "Ed25519") return generateKeyPairSync("ed25519");
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}

/** Signs as the algorithm says (RFC 7518), whatever the key was made for. */
export function signWith({ privateKey }: SigningKey, alg: string): Sign {
  const hash = alg.startsWith("Ed") ? null : `sha${alg.slice(2)}`;
  const options: SignKeyObjectInput = { key: privateKey };
  if (alg.startsWith("PS")) {
    options.padding = constants.RSA_PKCS1_PSS_PADDING;
    options.saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  }
  if (alg.startsWith("ES")) options.dsaEncoding = "ieee-p1363";
  return (data) => sign(hash, Buffer.from(data), options);
}

export function signWithSecret(secret: string | Uint8Array, bits = 256): Sign {
  return (data) => createHmac(`sha${bits}`, secret).update(data).digest();
}
