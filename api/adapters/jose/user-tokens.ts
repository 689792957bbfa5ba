import type { UserTokens } from "../../core/access/tokens.ts";
import type { Logger } from "../../core/ports.ts";
import { createFetchJwks, type Resolve } from "./fetch-jwks.ts";
import { createKeySets } from "./key-sets.ts";
import { createOwnTokens, ownAlgorithm, type OwnTokenOptions } from "./own-tokens.ts";
import { createTenantTokens } from "./tenant-tokens.ts";
import { readForm } from "./token-form.ts";

export interface UserTokenOptions extends OwnTokenOptions {
  readonly logger: Logger;
  /** ALLOW_PRIVATE_JWKS: tenants' keys may be fetched from private addresses, and without TLS. Default false. */
  readonly allowPrivateJwks?: boolean | undefined;
  /** Default: the system's own way. */
  readonly resolve?: Resolve | undefined;
}

/**
 * JSON Web Tokens that name a user. Which algorithm a token names decides who is asked, and each takes its own
 * algorithms, issuer and keys alone: a token of the one is never held against the keys of the other.
 */
export function createUserTokens({
  logger,
  allowPrivateJwks = false,
  resolve,
  ...options
}: UserTokenOptions): UserTokens {
  const { clock } = options;
  const own = createOwnTokens(options);
  const fetchJwks = createFetchJwks({ clock, allowPrivate: allowPrivateJwks, resolve });
  const keySets = createKeySets({ fetchJwks, clock, logger });
  const tenants = createTenantTokens({ clock, keySets });

  return {
    issue: own.issue,
    async verify(tenant, token) {
      const header = readForm(token);
      return header.alg === ownAlgorithm
        ? own.verify(tenant, token, header)
        : tenants.verify(tenant, token, header);
    },
    isStillGood: tenants.isStillGood,
  };
}
