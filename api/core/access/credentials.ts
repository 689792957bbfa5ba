import type { AppError } from "../errors.ts";
import type { PageOrigin } from "./origins.ts";

/** What a request, a handshake or an `auth` frame shows of its caller. */
export interface Credentials {
  /** Undefined: the door has no default. */
  readonly tenantId: string | undefined;
  /** From where a token may be of any kind: an Authorization header, `token` of a query, an `auth` frame. */
  readonly token?: string | undefined;
  /** X-API-Key: besides a user's token in Authorization. */
  readonly apiKey?: string | undefined;
  /** X-Visitor-Token. */
  readonly visitorToken?: string | undefined;
  /** X-Admin-Token. */
  readonly adminToken?: string | undefined;
  /** A one-time ticket, for a WebSocket. */
  readonly ticket?: string | undefined;
  readonly clientId?: string | undefined;
  readonly page: PageOrigin;
  readonly address: string;
}

/** What a single token can be, as far as its form says. */
export type TokenKind = "key" | "visitor" | "user" | "other";

/** Form alone: whoever is given it finds out whether it is right. */
export function kindOfToken(token: string): TokenKind {
  if (/^[ps]k_/.test(token)) return "key";
  const [header, payload, signature, ...rest] = token.split(".");
  if (!header || !payload || !signature || rest.length > 0) return "other";
  return typeOf(header) === "visitor+jwt" ? "visitor" : "user";
}

/** `typ` of a token's header; undefined where it can't be read. */
function typeOf(header: string): unknown {
  if (!/^[\w-]{2,1024}$/.test(header)) return undefined;
  try {
    const parsed: unknown = JSON.parse(atob(header.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof parsed === "object" && parsed !== null && "typ" in parsed
      ? parsed.typ
      : undefined;
  } catch {
    // Not JSON: then it is no visitor's token, and whoever checks it refuses it.
    return undefined;
  }
}

/** WWW-Authenticate of a refusal with 401 (RFC 6750): whether a token was wrong, or is missing. */
export function challengeOf({ code }: Pick<AppError, "code">): string {
  const isWrong = code === "INVALID_TOKEN" || code === "TOKEN_EXPIRED";
  return isWrong ? 'Bearer error="invalid_token"' : "Bearer";
}
