import { CompactEncrypt } from "jose";
import {
  tenantClaims,
  writeOwnToken,
  writeTenantParts,
  writeTenantToken,
  type NamedToken,
  type TokenGround,
} from "./ground.ts";

/** What looks like a token, or was one before somebody changed it. */
export async function makeFormTokens(ground: TokenGround): Promise<readonly NamedToken[]> {
  const right: NamedToken[] = [
    ["a token of ours", writeOwnToken(ground)],
    ["the tenant issuer's token", writeTenantToken(ground)],
  ];
  return [
    ...right.flatMap(([name, token]) => changed(name, token)),
    ...unreadable(ground),
    ...(await wrapped(ground)),
  ];
}

function changed(name: string, token: string): NamedToken[] {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
  const other = Buffer.from(JSON.stringify(Object.assign({}, claims, { sub: "user_admin" })));
  const forms: Record<string, string> = {
    "without its signature": `${header}.${payload}.`,
    "of two parts": `${header}.${payload}`,
    "of four parts": `${token}.${signature}`,
    "with a dot behind it": `${token}.`,
    "without a header": `.${payload}.${signature}`,
    "without claims": `${header}..${signature}`,
    "with other claims": `${header}.${other.toString("base64url")}.${signature}`,
    "with half its signature": token.slice(0, -10),
    "with a longer signature": `${token}AAAA`,
    "with its signature twice": `${token}${signature}`,
    "with a space before it": ` ${token}`,
    "with a space behind it": `${token} `,
    "with a newline behind it": `${token}\n`,
    "with a space in its signature": `${token.slice(0, -4)} ${token.slice(-4)}`,
    "with newlines in its claims": `${header}.${payload.slice(0, 9)}\r\n${payload.slice(9)}.${signature}`,
    "with padding": `${token}==`,
    "with a padded header": `${header}=.${payload}.${signature}`,
    "with other bits behind its last byte": `${token.slice(0, -1)}${strayBits(token.at(-1) ?? "")}`,
    "with NUL behind it": `${token}\0`,
    "percent-encoded": token.replaceAll(".", "%2E"),
    "with full-width stops": token.replaceAll(".", "．"),
    "in quotes": `"${token}"`,
    "behind Bearer": `Bearer ${token}`,
    "twice, with a comma": `${token},${token}`,
  };
  return Object.entries(forms).map(([form, text]) => [`${name} ${form}`, text]);
}

/** A letter that differs in the lowest bit alone; signatures of 32 and 256 bytes leave two bits and more unused. */
function strayBits(letter: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[alphabet.indexOf(letter) ^ 1] ?? "";
}

function unreadable(ground: TokenGround): NamedToken[] {
  const claims = tenantClaims(ground);
  const header = { alg: "RS256", kid: ground.keys.rsa.kid };
  const payloads: Record<string, string | Uint8Array | object> = {
    "a list of claims": [claims],
    "claims as a string": JSON.stringify(JSON.stringify(claims)),
    "claims null": "null",
    "claims 7": "7",
    "no JSON": JSON.stringify(claims).slice(0, -1),
    "JSON and more": `${JSON.stringify(claims)}{}`,
    "a byte order mark": `\ufeff${JSON.stringify(claims)}`,
    "bytes that are no UTF-8": Buffer.concat([
      Buffer.from(JSON.stringify({ ...claims, name: "…" }).slice(0, -4)),
      Buffer.from([0xff, 0xfe, 0x22, 0x7d]),
    ]),
    "claims of the prototype": JSON.stringify({}).replace(
      "{",
      `{"__proto__":${JSON.stringify(claims)}`,
    ),
  };
  const headers: Record<string, string | object> = {
    "a list as its header": [header],
    "a header without JSON": "alg=RS256",
    "a null header": "null",
    "a header of the prototype": '{"__proto__":{"alg":"RS256","kid":"rsa-1"}}',
  };
  return [
    ...Object.entries(payloads).map(([name, text]): NamedToken => [
      name,
      writeTenantParts(ground, header, text),
    ]),
    ...Object.entries(headers).map(([name, text]): NamedToken => [
      name,
      writeTenantParts(ground, text, claims),
    ]),
    [
      "a token of 9,000 characters",
      writeTenantToken(ground, { claims: { groups: "g".repeat(6000) } }),
    ],
  ];
}

async function wrapped(ground: TokenGround): Promise<NamedToken[]> {
  const token = writeTenantToken(ground);
  const { rsa } = ground.keys;
  const [header, payload, signature] = token.split(".");
  const encrypt = (text: string) =>
    new CompactEncrypt(Buffer.from(text))
      .setProtectedHeader({ alg: "RSA-OAEP-256", enc: "A256GCM", kid: rsa.kid })
      .encrypt(rsa.publicKey);
  return [
    ["encrypted claims", await encrypt(JSON.stringify(tenantClaims(ground)))],
    ["an encrypted token", await encrypt(token)],
    [
      "a token in a token",
      writeTenantParts(ground, { alg: "RS256", kid: rsa.kid, cty: "JWT" }, token),
    ],
    ["a token as JSON", JSON.stringify({ protected: header, payload, signature })],
    [
      "a token as JSON of several signatures",
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    ],
    ["a token as PASETO names its version", `v2.public.${payload}`],
  ];
}
