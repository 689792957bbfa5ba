import { createUserTokens } from "../../../api/adapters/jose/user-tokens.ts";
import type { Tenant } from "../../../api/core/tenant.ts";
import { createManualClock } from "../../support/clock.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { makeSigningKey, signWith, type SigningKey } from "../../support/signing-keys.ts";
import { makeTenant } from "../../support/tenant.ts";
import { writeToken } from "../../support/write-token.ts";

export const secret = "the secret of tokens, of at least 32 characters";
export const rsa = makeSigningKey("RS256", "rsa");
/** Where the manual clock begins, in seconds. */
export const start = createManualClock().now() / 1000;
const issuer = "https://login.example.com";

export function openTokens() {
  const clock = createManualClock();
  const logger = createRecordingLogger();
  return {
    clock,
    logger,
    tokens: createUserTokens({ secret, clock, logger, allowPrivateJwks: true }),
  };
}

/** @param auth further settings, as they stand in the database. */
export function tenantWith(keys: readonly object[], auth: object = {}): Tenant {
  return makeTenant("demo", { auth: { issuer, keys, ...auth } });
}

export const rightClaims = {
  iss: issuer,
  aud: "demo",
  sub: "customer-7",
  iat: start,
  exp: start + 3600,
};

/** A token of the tenant's issuer. @param claims in place of the right ones. */
export function writeIssued(
  claims: object = {},
  options: { key?: SigningKey; alg?: string; header?: object } = {},
): string {
  const { key = rsa, alg = key.alg, header = {} } = options;
  return writeToken(
    { alg, kid: key.kid, ...header },
    { ...rightClaims, ...claims },
    signWith(key, alg),
  );
}
