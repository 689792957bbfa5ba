import { createHash } from "node:crypto";
import { jwtVerify, SignJWT, type JWTPayload } from "jose";
import type { UserClaims, UserTokenDraft } from "../../core/access/tokens.ts";
import { isId } from "../../core/ids.ts";
import type { Clock } from "../../core/ports.ts";
import type { Tenant } from "../../core/tenant.ts";
import { refuse, refuseFor } from "./refusal.ts";
import type { TokenHeader } from "./token-form.ts";

export const ownAlgorithm = "HS256";
export const ownIssuer = "miptech-platform";
const ownAudience = "miptech-api";
const ownType = "at+jwt";
/** Seconds by which the clocks of two of our processes may differ. */
const clockTolerance = 5;
/** Seconds that any token counts for at most, whatever it says of its end. */
export const maxTokenAge = 86_400;

export interface OwnTokenOptions {
  /** JWT_SECRET_KEY: what tokens are signed with, as it is. */
  readonly secret: string;
  /** JWT_SECRET_KEY_PREVIOUS: tokens signed with it are good until they expire. */
  readonly previousSecret?: string | undefined;
  readonly clock: Clock;
}

type OwnClaims = Extract<UserClaims, { issuer: "platform" }>;

export interface OwnTokens {
  /** @throws RangeError for a token that would be good for more than a day, or has expired already. */
  issue(draft: UserTokenDraft): Promise<{ readonly token: string; readonly expiresAt: number }>;
  /** @throws AppError INVALID_TOKEN */
  verify(tenant: Pick<Tenant, "id">, token: string, header: TokenHeader): Promise<OwnClaims>;
}

/**
 * The platform's own access tokens, typed as RFC 9068 says. Claims: `tid` the tenant, `sub` the user, `auth_time`, `jti`, and
 * `key`, the id of the key that asked for it, if one did; times in seconds.
 */
export function createOwnTokens({ secret, previousSecret, clock }: OwnTokenOptions): OwnTokens {
  const kid = keyIdOf(secret);
  const key = encode(secret);
  const keys = new Map([[kid, key]]);
  if (previousSecret !== undefined) keys.set(keyIdOf(previousSecret), encode(previousSecret));

  return {
    async issue({ user, keyId, authenticatedAt, ttlMs }) {
      const iat = toSeconds(clock.now());
      const exp = toSeconds(clock.now() + ttlMs);
      if (!(exp >= iat && exp - iat <= maxTokenAge))
        throw new RangeError("A token is good for a day at most");
      const claims = {
        tid: user.tenantId,
        auth_time: toSeconds(authenticatedAt),
        ...(keyId === null ? {} : { key: keyId }),
      };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: ownAlgorithm, typ: ownType, kid })
        .setIssuer(ownIssuer)
        .setAudience(ownAudience)
        .setSubject(user.id)
        .setJti(crypto.randomUUID())
        .setIssuedAt(iat)
        .setExpirationTime(exp)
        .sign(key);
      return { token, expiresAt: exp * 1000 };
    },
    async verify({ id }, token, header) {
      const right = header.kid === undefined ? undefined : keys.get(header.kid);
      if (!right) throw refuse("kid");
      const payload = await readPayload(token, right, clock);
      if (payload.tid !== id) throw refuse("tid");
      return readClaims(payload);
    },
  };
}

async function readPayload(token: string, key: Uint8Array, clock: Clock): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ownAlgorithm],
      typ: ownType,
      issuer: ownIssuer,
      audience: ownAudience,
      requiredClaims: ["sub", "tid", "iat", "exp", "auth_time", "jti"],
      maxTokenAge,
      clockTolerance,
      currentDate: new Date(clock.now()),
    });
    return payload;
  } catch (error) {
    throw refuseFor(error);
  }
}

function readClaims({ iat, exp, aud, sub, auth_time, key }: JWTPayload): OwnClaims {
  if (iat === undefined || exp === undefined || exp - iat > maxTokenAge) throw refuse("exp");
  if (aud !== ownAudience) throw refuse("aud");
  if (typeof sub !== "string" || !isId(sub)) throw refuse("sub");
  if (typeof auth_time !== "number" || !Number.isSafeInteger(auth_time)) throw refuse("auth_time");
  if (key !== undefined && (typeof key !== "string" || !isId(key))) throw refuse("key");
  return {
    issuer: "platform",
    userId: sub,
    keyId: key ?? null,
    authenticatedAt: auth_time * 1000,
    expiresAt: exp * 1000,
  };
}

/** The key id of a secret: 16 hexadecimal digits of a SHA-256 that is taken of nothing else. */
function keyIdOf(secret: string): string {
  return createHash("sha256").update(`miptech token key ${secret}`).digest("hex").slice(0, 16);
}

function encode(secret: string): Uint8Array {
  return new TextEncoder().encode(secret);
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
