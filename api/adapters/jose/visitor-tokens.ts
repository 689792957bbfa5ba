import { hkdfSync } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import type { VisitorTokens } from "../../core/access/tokens.ts";
import { isId } from "../../core/ids.ts";
import type { Clock } from "../../core/ports.ts";
import { refuse, refuseFor } from "./refusal.ts";
import { readForm } from "./token-form.ts";

const algorithm = "HS256";
const type = "visitor+jwt";
const issuer = "miptech-platform";
const audience = "miptech-visitor";
const dayMs = 86_400_000;
/** Seconds by which the clocks of two of our processes may differ. */
const clockTolerance = 5;

export interface VisitorTokenOptions {
  /** SECRET_KEY; the signing key is derived from it for this purpose alone. */
  readonly secret: string;
  /** SECRET_KEY_PREVIOUS: tokens signed by way of it are good until they expire. */
  readonly previousSecret?: string | undefined;
  readonly clock: Clock;
  /** How long a token is good for. Default 90 days. */
  readonly ttlMs?: number | undefined;
}

/**
 * Visitor tokens as signed JWTs (RFC 7519, explicitly typed as RFC 8725 advises). A refusal says
 * nothing of its reason to the client, and nothing of the token to anyone.
 */
export function createVisitorTokens({
  secret,
  previousSecret,
  clock,
  ttlMs = 90 * dayMs,
}: VisitorTokenOptions): VisitorTokens {
  const key = deriveKey(secret);
  const previousKey = previousSecret === undefined ? undefined : deriveKey(previousSecret);

  return {
    issue(tenantId, visitorId) {
      const now = clock.now();
      return new SignJWT({ tid: tenantId })
        .setProtectedHeader({ alg: algorithm, typ: type })
        .setSubject(visitorId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(Math.floor(now / 1000))
        .setExpirationTime(Math.floor((now + ttlMs) / 1000))
        .sign(key);
    },
    async verify(tenantId, token) {
      readForm(token);
      const now = new Date(clock.now());
      const reading = readClaims(key, token, now);
      const { tid, sub, exp } = await (previousKey
        ? reading.catch(() => readClaims(previousKey, token, now))
        : reading);
      if (tid !== tenantId) throw refuse("tid");
      if (typeof sub !== "string" || !isId(sub)) throw refuse("sub");
      if (exp === undefined) throw refuse("exp");
      return { visitorId: sub, expiresAt: exp * 1000 };
    },
  };
}

async function readClaims(key: Uint8Array, token: string, currentDate: Date) {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      typ: type,
      issuer,
      audience,
      requiredClaims: ["sub", "tid", "iat", "exp"],
      clockTolerance,
      currentDate,
    });
    return payload;
  } catch (error) {
    throw refuseFor(error);
  }
}

function deriveKey(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", "miptech visitor tokens, version 1", 32));
}
