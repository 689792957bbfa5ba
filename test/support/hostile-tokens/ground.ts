import { createHash } from "node:crypto";
import { makeSigningKey, signWith, signWithSecret, type SigningKey } from "../signing-keys.ts";
import { writeToken, type TokenPart } from "../write-token.ts";

/** What hostile tokens are made of: a tenant with an issuer of its own, and what its enemies know or steal. */
export interface TokenGround {
  /** Whom the tokens are shown to. */
  readonly tenantId: string;
  /** Another tenant, whose users come from the same issuer. */
  readonly otherTenantId: string;
  /** Of a user of the tenant whom the platform knows. */
  readonly userId: string;
  readonly issuer: string;
  readonly audience: string;
  readonly keys: {
    readonly rsa: SigningKey;
    readonly ec: SigningKey;
    readonly ed: SigningKey;
  };
  /** Was the tenant's once, and is published no more. */
  readonly revokedKey: SigningKey;
  /** Never was anybody's. */
  readonly attackerKey: SigningKey;
  /** JWT_SECRET_KEY and SECRET_KEY of the platform. */
  readonly secret: string;
  readonly visitorSecret: string;
  /** Milliseconds: when the tokens are shown. */
  readonly now: number;
}

/** Its name, and the token. */
export type NamedToken = readonly [name: string, token: string];

export function makeTokenGround(
  options: Pick<
    TokenGround,
    "tenantId" | "otherTenantId" | "userId" | "secret" | "visitorSecret" | "now"
  >,
): TokenGround {
  return {
    ...options,
    issuer: "https://login.example.com",
    audience: `https://chat.example.com/${options.tenantId}`,
    keys: {
      rsa: makeSigningKey("RS256", "rsa-1"),
      ec: makeSigningKey("ES256", "ec-1"),
      ed: makeSigningKey("EdDSA", "ed-1"),
    },
    revokedKey: makeSigningKey("RS256", "rsa-0"),
    attackerKey: makeSigningKey("RS256", "attacker"),
  };
}

/** The public keys that the tenant's issuer stands by. */
export function publishedKeys({ keys }: TokenGround): readonly SigningKey["jwk"][] {
  return [keys.rsa.jwk, keys.ec.jwk, keys.ed.jwk];
}

/** The `auth` of the tenant's settings, its keys registered. */
export function issuerSettings(ground: TokenGround): Record<string, unknown> {
  const { issuer, audience } = ground;
  return { issuer, audience, keys: publishedKeys(ground) };
}

/** The claims of a right token of the tenant's issuer. */
export function tenantClaims({ issuer, audience, now }: TokenGround): Record<string, unknown> {
  const iat = Math.floor(now / 1000);
  return { iss: issuer, aud: audience, sub: "customer-7", iat, exp: iat + 3600 };
}

/** The claims of a right token of the platform's own. */
export function ownClaims({ tenantId, userId, now }: TokenGround): Record<string, unknown> {
  const iat = Math.floor(now / 1000);
  return {
    iss: "miptech-platform",
    aud: "miptech-api",
    tid: tenantId,
    sub: userId,
    jti: "7f1c",
    auth_time: iat,
    iat,
    exp: iat + 3600,
  };
}

/** The key id by which the platform finds a secret of its own. */
export function ownKeyId(secret: string): string {
  return createHash("sha256").update(`miptech token key ${secret}`).digest("hex").slice(0, 16);
}

export function ownHeader({ secret }: TokenGround): Record<string, unknown> {
  return { alg: "HS256", typ: "at+jwt", kid: ownKeyId(secret) };
}

/** A token of the tenant's issuer with other claims, or other parameters in its header; signed rightly. */
export function writeTenantToken(
  ground: TokenGround,
  { claims = {}, header = {} }: { claims?: object; header?: object } = {},
): string {
  const { rsa } = ground.keys;
  return writeToken(
    { alg: "RS256", typ: "JWT", kid: rsa.kid, ...header },
    { ...tenantClaims(ground), ...claims },
    signWith(rsa, "RS256"),
  );
}

/** The same of other texts altogether. */
export function writeTenantParts(
  ground: TokenGround,
  header: TokenPart,
  payload: TokenPart,
): string {
  return writeToken(header, payload, signWith(ground.keys.rsa, "RS256"));
}

/** A token of the platform with other claims, or other parameters in its header; signed with its secret. */
export function writeOwnToken(
  ground: TokenGround,
  { claims = {}, header = {} }: { claims?: object; header?: object } = {},
): string {
  return writeToken(
    { ...ownHeader(ground), ...header },
    { ...ownClaims(ground), ...claims },
    signWithSecret(ground.secret),
  );
}

/** Tokens that are right: without them it would prove nothing that the others are refused. */
export function makeRightTokens(ground: TokenGround): readonly NamedToken[] {
  const { rsa, ec, ed } = ground.keys;
  const signed = (key: SigningKey, header: object = { kid: key.kid }) =>
    writeToken({ alg: key.alg, ...header }, tenantClaims(ground), signWith(key, key.alg));
  return [
    ["of the platform", writeOwnToken(ground)],
    ["of the tenant's issuer, RS256", signed(rsa)],
    ["of the tenant's issuer, ES256", signed(ec)],
    ["of the tenant's issuer, EdDSA", signed(ed)],
    ["of the tenant's issuer without kid", signed(ec, {})],
    [
      "of the tenant's issuer for several audiences",
      writeTenantToken(ground, {
        claims: { aud: ["https://api.example.com", ground.audience] },
      }),
    ],
    [
      "of the tenant's issuer that names the tenant",
      writeTenantToken(ground, {
        claims: { tid: "a directory of the issuer", tenant_id: ground.tenantId },
      }),
    ],
    ...["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/JWT"].map(
      (typ): NamedToken => [`of the type ${typ}`, writeTenantToken(ground, { header: { typ } })],
    ),
  ];
}
