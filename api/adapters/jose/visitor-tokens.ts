import { hkdfSync } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { AppError } from "../../core/errors.ts";
import type { Clock, VisitorTokens } from "../../core/ports.ts";

const algorithm = "HS256";
const type = "visitor+jwt";
const issuer = "miptech-platform";
const audience = "miptech-visitor";
const dayMs = 86_400_000;
/** A real one has about 300 characters. */
const maxTokenLength = 2048;
/** Seconds by which the clocks of two of our processes may differ. */
const clockTolerance = 5;

export interface VisitorTokenOptions {
  /** SECRET_KEY; the signing key is derived from it for this purpose alone. */
  readonly secret: string;
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
  clock,
  ttlMs = 90 * dayMs,
}: VisitorTokenOptions): VisitorTokens {
  const key = new Uint8Array(
    hkdfSync("sha256", secret, "", "miptech visitor tokens, version 1", 32),
  );

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
      if (token.length > maxTokenLength) throw invalidToken();
      const claims = await readClaims(key, token, new Date(clock.now()));
      if (claims.tid !== tenantId || !claims.sub) throw invalidToken();
      return claims.sub;
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
    throw invalidToken(error);
  }
}

function invalidToken(cause?: unknown): AppError {
  return new AppError("INVALID_TOKEN", "The visitor token is not valid", { cause });
}
