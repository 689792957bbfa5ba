import type { JWK } from "jose";
import type { TokenHeader } from "./token-form.ts";

interface KeyType {
  readonly kty: string;
  readonly crv?: string;
}

/** The key type of each algorithm that a tenant's issuer may sign with (RFC 7518, RFC 8037, RFC 9864). */
const keyTypes: ReadonlyMap<string, KeyType> = new Map<string, KeyType>([
  ["RS256", { kty: "RSA" }],
  ["RS384", { kty: "RSA" }],
  ["RS512", { kty: "RSA" }],
  ["PS256", { kty: "RSA" }],
  ["PS384", { kty: "RSA" }],
  ["PS512", { kty: "RSA" }],
  ["ES256", { kty: "EC", crv: "P-256" }],
  ["ES384", { kty: "EC", crv: "P-384" }],
  ["ES512", { kty: "EC", crv: "P-521" }],
  ["EdDSA", { kty: "OKP", crv: "Ed25519" }],
  ["Ed25519", { kty: "OKP", crv: "Ed25519" }],
]);

export const tenantAlgorithms: readonly string[] = [...keyTypes.keys()];

/** More than any issuer has at a time; a token without `kid` is held against each. */
const maxKeys = 64;
const leastRsaBits = 2048;
/** A larger one costs more to check than a token is worth. */
const mostRsaBits = 8192;

/** Members that make a key private or symmetric: such a key is known to too many to prove anything. */
const secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] as const;
const publicMembers = ["kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"] as const;

/** Those of the values that are public keys for checking signatures, with no more than what that takes. */
export function readPublicKeys(values: readonly unknown[]): readonly JWK[] {
  return values.flatMap((value) => readPublicKey(value) ?? []).slice(0, maxKeys);
}

/** The keys that a token of that header can be signed with; more than one where the header names none. */
export function selectKeys(keys: readonly JWK[], { alg, kid }: TokenHeader): readonly JWK[] {
  const type = keyTypes.get(alg);
  return keys.filter(
    (key) =>
      type !== undefined &&
      isOfType(key, type) &&
      (key.alg === undefined || key.alg === alg) &&
      (kid === undefined || key.kid === kid),
  );
}

function isOfType(key: JWK, { kty, crv }: KeyType): boolean {
  return key.kty === kty && key.crv === crv;
}

function readPublicKey(value: unknown): JWK | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const members = new Map<string, unknown>(Object.entries(value));
  if (secretMembers.some((name) => members.has(name))) return undefined;
  if (!isForSignatures(members.get("use"), members.get("key_ops"))) return undefined;
  const key: Partial<Record<(typeof publicMembers)[number], string>> = {};
  for (const name of publicMembers) {
    const member = members.get(name);
    if (typeof member === "string") key[name] = member;
    else if (member !== undefined) return undefined;
  }
  if (![...keyTypes.values()].some((type) => isOfType(key, type))) return undefined;
  return key.kty === "RSA" && !isStrongRsa(key.n, key.e) ? undefined : key;
}

function isForSignatures(use: unknown, operations: unknown): boolean {
  if (use !== undefined && use !== "sig") return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes("verify"));
}

/** With an exponent of 1 everything is its own signature; one of more than 32 bits makes checking dear. */
function isStrongRsa(n: string | undefined, e: string | undefined): boolean {
  const bits = toInteger(n).toString(2).length;
  const exponent = toInteger(e);
  return (
    bits >= leastRsaBits &&
    bits <= mostRsaBits &&
    exponent >= 3n &&
    exponent <= 0xffff_ffffn &&
    exponent % 2n === 1n
  );
}

function toInteger(base64url: string | undefined): bigint {
  return BigInt(`0x0${Buffer.from(base64url ?? "", "base64url").toString("hex")}`);
}
