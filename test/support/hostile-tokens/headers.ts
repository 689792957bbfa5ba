import { deflateRawSync } from "node:zlib";
import { signWith, signWithSecret } from "../signing-keys.ts";
import { encodePart, writeToken } from "../write-token.ts";
import {
  ownClaims,
  ownHeader,
  tenantClaims,
  writeOwnToken,
  writeTenantParts,
  writeTenantToken,
  type NamedToken,
  type TokenGround,
} from "./ground.ts";

/** Tokens whose header says where a key is, which one it is, or how the rest is to be read. */
export function makeHeaderTokens(ground: TokenGround): readonly NamedToken[] {
  return [
    ...broughtKeys(ground),
    ...keyIds(ground),
    ...extensions(ground),
    ...types(ground),
    ...repeatedNames(ground),
  ];
}

function broughtKeys(ground: TokenGround): NamedToken[] {
  const { attackerKey, keys } = ground;
  const der = attackerKey.publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const parameters: Record<string, unknown> = {
    jwk: attackerKey.jwk,
    jku: "https://attacker.example.net/jwks.json",
    x5u: "https://attacker.example.net/chain.pem",
    x5c: [der],
  };
  return Object.entries(parameters).flatMap(([name, value]): NamedToken[] => {
    const byAttacker = (kid: string) =>
      writeToken(
        { alg: "RS256", kid, [name]: value },
        tenantClaims(ground),
        signWith(attackerKey, "RS256"),
      );
    return [
      [`${name} of an attacker's key`, byAttacker(attackerKey.kid)],
      [`${name} of an attacker's key under the tenant's key id`, byAttacker(keys.rsa.kid)],
      [`${name} beside a right signature`, writeTenantToken(ground, { header: { [name]: value } })],
      [`${name} in a token of ours`, writeOwnToken(ground, { header: { [name]: value } })],
    ];
  });
}

function keyIds(ground: TokenGround): NamedToken[] {
  const kids: unknown[] = [
    "../../../../dev/null",
    "/proc/sys/kernel/randomize_va_space",
    "' UNION SELECT '' --",
    "rsa-1' OR '1'='1",
    "rsa-1\0",
    "RSA-1",
    "__proto__",
    "constructor",
    "https://attacker.example.net/key",
    "",
    "k".repeat(300),
    null,
    0,
    ["rsa-1"],
    { toString: "rsa-1" },
  ];
  return kids.flatMap((kid): NamedToken[] => {
    const name = JSON.stringify(kid).slice(0, 40);
    return [
      [`kid ${name}`, writeTenantToken(ground, { header: { kid } })],
      [
        `kid ${name} and an empty secret`,
        writeToken({ ...ownHeader(ground), kid }, ownClaims(ground), signWithSecret("")),
      ],
      [`kid ${name} in a token of ours`, writeOwnToken(ground, { header: { kid } })],
    ];
  });
}

function extensions(ground: TokenGround): NamedToken[] {
  const { rsa } = ground.keys;
  const claims = JSON.stringify(tenantClaims(ground));
  const unencoded = (header: object, text: string) => {
    const signed = `${encodePart({ alg: "RS256", kid: rsa.kid, ...header })}.${text}`;
    return `${signed}.${signWith(rsa, "RS256")(signed).toString("base64url")}`;
  };
  const crits: unknown[] = [
    ["exp"],
    [],
    ["https://example.com/x"],
    "exp",
    [""],
    [7],
    ["b64", "b64"],
    null,
  ];
  return [
    ...crits.map((crit): NamedToken => [
      `crit ${JSON.stringify(crit)}`,
      writeTenantToken(ground, { header: { crit, "https://example.com/x": true, exp: 1 } }),
    ]),
    ["b64 false", unencoded({ b64: false, crit: ["b64"] }, claims)],
    ["b64 false over encoded claims", unencoded({ b64: false, crit: ["b64"] }, encodePart(claims))],
    ["b64 false that isn't critical", writeTenantToken(ground, { header: { b64: false } })],
    ["b64 true", writeTenantToken(ground, { header: { b64: true, crit: ["b64"] } })],
    [
      "deflated claims",
      writeTenantParts(ground, { alg: "RS256", kid: rsa.kid, zip: "DEF" }, deflateRawSync(claims)),
    ],
    ["zip over plain claims", writeTenantToken(ground, { header: { zip: "DEF" } })],
  ];
}

function types(ground: TokenGround): NamedToken[] {
  const odd: unknown[] = [
    "secevent+jwt",
    "logout+jwt",
    "dpop+jwt",
    "JWE",
    "at+jwt ",
    "application/application/jwt",
    "text/jwt",
    "",
    7,
    null,
    ["JWT"],
  ];
  return [
    ...odd.map((typ): NamedToken => [
      `typ ${JSON.stringify(typ)}`,
      writeTenantToken(ground, { header: { typ } }),
    ]),
    ...["visitor+jwt", ...odd, "JWT", undefined].map((typ): NamedToken => [
      `typ ${JSON.stringify(typ)} of ours`,
      writeOwnToken(ground, { header: { typ } }),
    ]),
    [
      "typ visitor+jwt of the tenant's issuer",
      writeTenantToken(ground, { header: { typ: "visitor+jwt" } }),
    ],
  ];
}

/** Two readers may take two different ones of them. */
function repeatedNames(ground: TokenGround): NamedToken[] {
  const claims = JSON.stringify(tenantClaims(ground));
  const own = JSON.stringify(ownClaims(ground));
  const headers = [
    '{"alg":"none","alg":"RS256","kid":"rsa-1"}',
    '{"alg":"RS256","kid":"rsa-1","alg":"none"}',
    '{"\\u0061lg":"HS256","alg":"RS256","kid":"rsa-1"}',
    '{"alg":"RS256","kid":"attacker","kid":"rsa-1"}',
    '{"alg":"RS256","kid":"rsa-1","typ":"visitor+jwt","typ":"JWT"}',
  ];
  const repeat = (json: string, name: string, value: string) =>
    `{${JSON.stringify(name)}:${JSON.stringify(value)},${json.slice(1)}`;
  return [
    ...headers.map((header): NamedToken => [
      `the header ${header}`,
      writeTenantParts(ground, header, claims),
    ]),
    [
      "two subjects",
      writeTenantParts(
        ground,
        '{"alg":"RS256","kid":"rsa-1"}',
        repeat(claims, "sub", "someone-else"),
      ),
    ],
    [
      "two tenants in a token of ours",
      writeToken(
        ownHeader(ground),
        repeat(own, "tid", ground.otherTenantId),
        signWithSecret(ground.secret),
      ),
    ],
  ];
}
