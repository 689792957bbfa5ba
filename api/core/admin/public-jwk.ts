import { isJsonObject, type JsonObject } from "./merge-patch.ts";
import type { Rule } from "./rules.ts";

/** The members that make a JSON Web Key a private or a symmetric one (RFC 7518, section 6). */
const secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const publicMembers = "kty use key_ops alg kid x5u x5c x5t x5t#S256 n e crv x y".split(" ");

/** What a public key of each type is made of, in base64url, with the least length of 2048 bits for RSA. */
const parts: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  RSA: { n: /^[\w-]{342,1366}$/, e: /^[\w-]{1,12}$/ },
  EC: { crv: /^P-(?:256|384|521)$/, x: /^[\w-]{42,90}$/, y: /^[\w-]{42,90}$/ },
  OKP: { crv: /^Ed25519$/, x: /^[\w-]{43}$/ },
};

const maxKeyLength = 8192;

/** A public key of a tenant's issuer. Private and symmetric ones are refused, so that nobody leaves a secret here. */
export const publicJwk: Rule = (value) => {
  if (!isJsonObject(value)) return "a public key as a JSON Web Key is expected";
  const secret = secretMembers.find((name) => Object.hasOwn(value, name));
  if (secret || value.kty === "oct")
    return "only the public part of a key belongs here, and this one is private or symmetric";
  const stranger = Object.keys(value).find((name) => !publicMembers.includes(name));
  if (stranger !== undefined) return `the member ${JSON.stringify(stranger)} is unknown`;
  const wanted = typeof value.kty === "string" ? partsOf(value.kty) : undefined;
  if (!wanted) return "a key of the type RSA, EC or OKP is expected";
  const wrong = wanted.find(([name, form]) => !form.test(String(value[name])));
  if (wrong) return `its member ${wrong[0]} is missing, of another form or too short`;
  if (value.use !== undefined && value.use !== "sig") return "a key for signatures is expected";
  if (value.kid !== undefined && (typeof value.kid !== "string" || !/^.{1,256}$/.test(value.kid)))
    return "its kid is a text of 1 to 256 characters";
  if (JSON.stringify(value).length > maxKeyLength)
    return `at most ${maxKeyLength} characters of JSON are expected`;
  return undefined;
};

/** A key as it may be shown: what someone has written into the database by hand may be a private one. */
export function withoutSecretMembers(key: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(key).filter(([name]) => publicMembers.includes(name)));
}

function partsOf(type: string) {
  const found = Object.hasOwn(parts, type) ? parts[type] : undefined;
  return found && Object.entries(found);
}
