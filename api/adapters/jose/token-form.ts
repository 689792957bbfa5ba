import { refuse } from "./refusal.ts";

/** What of a token's header is looked at before its signature is; proven by nothing yet. */
export interface TokenHeader {
  readonly alg: string;
  readonly kid: string | undefined;
  /** Without `application/`, in lower case. */
  readonly typ: string | undefined;
}

/** An identity provider's has 500 to 4,000 characters. */
const maxTokenLength = 8192;
const maxKeyIdLength = 256;

/**
 * Parameters that a signed token for us never has: keys that it brings along or says where to fetch, and what changes
 * how the rest is to be read.
 */
const refusedParameters = ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"] as const;

/**
 * Reads a signed token in its one form: three parts of canonical base64url, the first two JSON objects in which no
 * name comes twice.
 * @throws AppError INVALID_TOKEN
 */
export function readForm(token: string): TokenHeader {
  if (token.length > maxTokenLength) throw refuse("Too long");
  const [first, second, third, ...rest] = token.split(".");
  if (!first || !second || !third || rest.length > 0) throw refuse("Not three parts");
  const header = readObject(first);
  readObject(second);
  decode(third);
  if (refusedParameters.some((name) => Object.hasOwn(header, name)))
    throw refuse("A header parameter that isn't taken");
  const { alg, kid, typ } = header;
  if (typeof alg !== "string") throw refuse("alg");
  if (kid !== undefined && (typeof kid !== "string" || kid.length > maxKeyIdLength))
    throw refuse("kid");
  if (typ !== undefined && typeof typ !== "string") throw refuse("typ");
  return { alg, kid, typ: typ?.toLowerCase().replace(/^application\//, "") };
}

function readObject(part: string): Record<string, unknown> {
  const text = decode(part).toString("utf8");
  const value = parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refuse("Not an object");
  if (countWrittenNames(text) !== countNames(value)) throw refuse("A name comes twice");
  return { ...value };
}

/** Decoders forgive spaces, padding and stray bits: then one token would have many spellings. */
function decode(part: string): Buffer {
  const bytes = Buffer.from(part, "base64url");
  if (bytes.toString("base64url") !== part) throw refuse("Not base64url");
  return bytes;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error would quote the token.
    throw refuse("Not JSON");
  }
}

/** @param json that was parsed before: so every string in it is whole, and one with a colon behind it is a name. */
function countWrittenNames(json: string): number {
  const strings = json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g);
  return strings.reduce((count, [, colon]) => count + (colon === undefined ? 0 : 1), 0);
}

function countNames(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const members: unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : members.length;
  return members.reduce<number>((count, member) => count + countNames(member), own);
}
