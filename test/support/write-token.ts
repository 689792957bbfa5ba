import type { Sign } from "./signing-keys.ts";

/** A part of a token: an object, or the very text or bytes that are to stand there. */
export type TokenPart = object | string | Uint8Array;

/** A signed token of whatever parts, also such as no library writes. */
export function writeToken(header: TokenPart, payload: TokenPart, sign: Sign): string {
  const signed = `${encodePart(header)}.${encodePart(payload)}`;
  return `${signed}.${sign(signed).toString("base64url")}`;
}

export function encodePart(part: TokenPart): string {
  const isRaw = typeof part === "string" || part instanceof Uint8Array;
  return Buffer.from(isRaw ? part : JSON.stringify(part)).toString("base64url");
}
