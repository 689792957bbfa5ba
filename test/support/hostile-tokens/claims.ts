import {
  writeOwnToken,
  writeTenantParts,
  writeTenantToken,
  type NamedToken,
  type TokenGround,
  tenantClaims,
} from "./ground.ts";

const day = 86_400;

/**
 * Rightly signed tokens that say what doesn't hold here, or now: nor will it within the next minutes, so that a test
 * on a real clock may take its time.
 */
export function makeClaimTokens(ground: TokenGround): readonly NamedToken[] {
  const cases = { ...forTenant(ground), ...inTime(ground) };
  return [
    ...Object.entries(cases).map(([name, claims]): NamedToken => [
      name,
      writeTenantToken(ground, { claims }),
    ]),
    ...Object.entries(forOwn(ground)).map(([name, claims]): NamedToken => [
      `${name} in a token of ours`,
      writeOwnToken(ground, { claims }),
    ]),
    ...unreadableTimes(ground),
  ];
}

/** What is told to whom, by whom, of whom. */
function forTenant({ issuer, audience, otherTenantId }: TokenGround): Record<string, object> {
  const values = (name: string, odd: readonly unknown[]) =>
    odd.map(
      (value) => [`${name} ${JSON.stringify(value)?.slice(0, 60)}`, { [name]: value }] as const,
    );
  return Object.fromEntries([
    ...values("iss", [
      `${issuer}/`,
      issuer.toUpperCase(),
      issuer.replace("https", "http"),
      [issuer],
      "miptech-platform",
      `${issuer}.example.net`,
      "",
      null,
      undefined,
    ]),
    ...values("aud", [
      "someone-else",
      `${audience}/`,
      audience.slice(0, -1),
      audience.toUpperCase(),
      "*",
      "",
      null,
      undefined,
      7,
      true,
      {},
      { 0: audience, length: 1 },
      [],
      ["someone-else"],
      [[audience]],
      [`${audience},x`],
      [audience, 7],
      [audience, null],
    ]),
    [
      "the audience of another tenant of the same issuer",
      { aud: audience.replace(/[^/]*$/, otherTenantId) },
    ],
    ...values("tenant_id", [otherTenantId, "", null, [], ["demo"], 0, `${otherTenantId}\0`]),
    ...values("sub", [
      "",
      "s".repeat(257),
      "a\0b",
      "\ud800",
      7,
      null,
      ["customer-7"],
      { id: "customer-7" },
      undefined,
    ]),
  ]);
}

function inTime({ now }: TokenGround): Record<string, object> {
  const seconds = Math.floor(now / 1000);
  return {
    "no exp": { exp: undefined },
    "exp a string": { exp: String(seconds + 3600) },
    "exp null": { exp: null },
    "exp true": { exp: true },
    "exp a list": { exp: [seconds + 3600] },
    "exp 0": { exp: 0 },
    "exp negative": { exp: -1 },
    "exp over": { exp: seconds - 31 },
    "exp behind the end of time": { exp: 8_640_000_000_001 },
    "exp 1e300": { exp: 1e300 },
    "no iat": { iat: undefined },
    "iat a string": { iat: String(seconds) },
    "iat null": { iat: null },
    "iat to come": { iat: seconds + 600 },
    "iat far off": { iat: seconds + 365 * day, exp: seconds + 366 * day },
    "iat too long ago": { iat: seconds - day - 31 },
    "iat negative": { iat: -seconds },
    "nbf to come": { nbf: seconds + 600 },
    "nbf a string": { nbf: String(seconds) },
    "nbf null": { nbf: null },
  };
}

function forOwn({ now, otherTenantId, audience }: TokenGround): Record<string, object> {
  const seconds = Math.floor(now / 1000);
  return {
    "another tenant": { tid: otherTenantId },
    "no tenant": { tid: undefined },
    "a list of tenants": { tid: [otherTenantId] },
    "a visitor's audience": { aud: "miptech-visitor" },
    "the tenant's audience": { aud: audience },
    "a list of audiences": { aud: ["miptech-api"] },
    "no audience": { aud: undefined },
    "another issuer": { iss: "https://login.example.com" },
    "no issuer": { iss: undefined },
    "no user": { sub: undefined },
    "an odd user": { sub: "user_1' OR 1=1" },
    "a list of users": { sub: ["user_1"] },
    "no jti": { jti: undefined },
    "no auth_time": { auth_time: undefined },
    "auth_time a string": { auth_time: String(seconds) },
    "a key that is a list": { key: ["key_1"] },
    "an odd key": { key: "../key" },
    "a null key": { key: null },
    "no exp": { exp: undefined },
    "exp over": { exp: seconds - 6 },
    "exp in a year": { exp: seconds + 365 * day },
    "more than a day": { exp: seconds + day + 1 },
    "iat to come": { iat: seconds + 600 },
    "iat too long ago": { iat: seconds - day - 6 },
    "no iat": { iat: undefined },
    "nbf to come": { nbf: seconds + 600 },
  };
}

/** Numbers that JavaScript itself wouldn't write. */
function unreadableTimes(ground: TokenGround): NamedToken[] {
  const json = JSON.stringify(tenantClaims(ground));
  const header = { alg: "RS256", kid: ground.keys.rsa.kid };
  const texts = ["NaN", "Infinity", "1e400", "-1e400", "0x7fffffffffff", "9".repeat(400)];
  return ["exp", "iat"].flatMap((claim) =>
    texts.map((text): NamedToken => [
      `${claim} ${text.slice(0, 20)}`,
      writeTenantParts(ground, header, json.replace(new RegExp(`("${claim}":)\\d+`), `$1${text}`)),
    ]),
  );
}
