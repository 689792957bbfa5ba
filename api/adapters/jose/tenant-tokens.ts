import { errors, jwtVerify, type JWK, type JWTPayload, type JWTVerifyOptions } from "jose";
import type { IssuerProof, UserClaims, UserTokens } from "../../core/access/tokens.ts";
import { maxEmailLength, maxExternalIdLength, maxNameLength } from "../../core/access/user.ts";
import type { Clock } from "../../core/ports.ts";
import { isStorable } from "../../core/storable.ts";
import type { Tenant, TenantIssuer } from "../../core/tenant.ts";
import type { KeySets } from "./key-sets.ts";
import { maxTokenAge, ownIssuer } from "./own-tokens.ts";
import { readPublicKeys, selectKeys, tenantAlgorithms } from "./public-keys.ts";
import { refuse, refuseFor } from "./refusal.ts";
import { createThumbprints } from "./thumbprints.ts";
import type { TokenHeader } from "./token-form.ts";

/** Seconds by which the clock of a tenant's issuer may differ from ours. */
const clockTolerance = 30;
/** The latest second that a Date can hold. */
const lastSecond = 8_640_000_000_000;

type TenantClaims = Extract<UserClaims, { issuer: "tenant" }>;

export interface TenantTokens {
  /** @throws AppError INVALID_TOKEN, SERVICE_UNAVAILABLE */
  verify(tenant: Tenant, token: string, header: TokenHeader): Promise<TenantClaims>;
  readonly isStillGood: UserTokens["isStillGood"];
}

/** What a token says, and the key that it was checked with. */
interface Checked {
  readonly payload: JWTPayload;
  readonly key: JWK;
}

/** Tokens of the issuer that a tenant has registered, checked with that issuer's public keys. */
export function createTenantTokens(options: {
  readonly clock: Clock;
  readonly keySets: KeySets;
}): TenantTokens {
  const { clock, keySets } = options;
  /** Reading and importing keys costs more than checking with them. */
  const registered = new WeakMap<TenantIssuer, readonly JWK[]>();
  const thumbprints = createThumbprints();

  function registeredKeys(issuer: TenantIssuer): readonly JWK[] {
    const keys = registered.get(issuer) ?? readPublicKeys(issuer.keys);
    registered.set(issuer, keys);
    return keys;
  }

  /** Undefined when no key of the issuer's fits. */
  async function check(
    issuer: TenantIssuer,
    token: string,
    header: TokenHeader,
  ): Promise<Checked | undefined> {
    const { jwksUrl } = issuer;
    const checks = checksFor(issuer, clock.now());
    const checkWith = (keys: readonly JWK[]) =>
      readPayload(token, selectKeys(keys, header), checks);
    const checked = await checkWith(registeredKeys(issuer));
    if (checked || jwksUrl === null) return checked;
    const keys = await keySets.keysAt(jwksUrl);
    const fetched = await checkWith(keys);
    const isKnown = header.kid !== undefined && selectKeys(keys, header).length > 0;
    if (fetched || isKnown) return fetched;
    const renewed = await keySets.renewKeysAt(jwksUrl);
    return renewed && checkWith(renewed);
  }

  return {
    async verify(tenant, token, header) {
      const { issuer } = tenant.settings.auth;
      // Nobody but the platform itself speaks in its name.
      if (!issuer || issuer.issuer === ownIssuer) throw refuse("iss");
      if (!tenantAlgorithms.includes(header.alg)) throw refuse("alg");
      if (header.typ !== undefined && !["jwt", "at+jwt"].includes(header.typ)) throw refuse("typ");
      const checked = await check(issuer, token, header);
      if (!checked) throw refuse("No key fits");
      const thumbprint = await thumbprints.of(checked.key);
      const proof = { issuer: issuer.issuer, audience: issuer.audience, thumbprint };
      return readClaims(tenant, checked.payload, proof);
    },
    async isStillGood({ settings }, { thumbprint, ...proof }) {
      const { issuer } = settings.auth;
      if (issuer?.issuer !== proof.issuer || issuer.audience !== proof.audience) return false;
      if (await thumbprints.includes(registeredKeys(issuer), thumbprint)) return true;
      const { jwksUrl } = issuer;
      if (jwksUrl === null) return false;
      if (await thumbprints.includes(await keySets.knownKeysAt(jwksUrl), thumbprint)) return true;
      // Another process may have seen a newer set: a ticket is taken where its token never was.
      return thumbprints.includes((await keySets.renewKeysAt(jwksUrl)) ?? [], thumbprint);
    },
  };
}

function checksFor({ issuer, audience }: TenantIssuer, now: number): JWTVerifyOptions {
  return {
    algorithms: [...tenantAlgorithms],
    issuer,
    audience,
    requiredClaims: ["sub", "iat", "exp"],
    maxTokenAge,
    clockTolerance,
    currentDate: new Date(now),
  };
}

/** Undefined when none of the keys has signed it. @throws AppError INVALID_TOKEN for its claims */
async function readPayload(
  token: string,
  keys: readonly JWK[],
  checks: JWTVerifyOptions,
): Promise<Checked | undefined> {
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, key, checks);
      return { payload, key };
    } catch (error) {
      const isOfKey =
        !(error instanceof errors.JOSEError) ||
        error instanceof errors.JWSSignatureVerificationFailed;
      // What isn't jose's own comes of a key that can't be imported: another one may fit.
      if (!isOfKey) throw refuseFor(error);
    }
  }
  return undefined;
}

function readClaims({ id }: Tenant, payload: JWTPayload, proof: IssuerProof): TenantClaims {
  const { sub, iat, exp, aud, tenant_id = id, name, email } = payload;
  // Not `tid`, which is the directory in tokens of Microsoft: whom a token is for says `aud`.
  if (tenant_id !== id) throw refuse("tenant_id");
  if (![aud].flat().every((one) => typeof one === "string")) throw refuse("aud");
  const externalId = readText(sub, maxExternalIdLength);
  if (externalId === undefined) throw refuse("sub");
  if (iat === undefined || exp === undefined || exp > lastSecond) throw refuse("exp");
  return {
    issuer: "tenant",
    externalId,
    profile: { name: readText(name, maxNameLength), email: readText(email, maxEmailLength) },
    proof,
    issuedAt: Math.floor(iat * 1000),
    expiresAt: Math.floor(Math.min(exp, iat + maxTokenAge) * 1000),
  };
}

function readText(value: unknown, maxLength: number): string | undefined {
  const isText = typeof value === "string" && value !== "" && value.length <= maxLength;
  return isText && isStorable(value) ? value : undefined;
}
