import { AppError } from "../errors.ts";
import type { Tenant } from "../tenant.ts";
import type { ApiKey } from "./api-key.ts";

/** The page that a request comes from, as its browser says. */
export interface PageOrigin {
  /** The Origin header; undefined: no page, or one that asked its own server with a plain GET. */
  readonly origin: string | undefined;
  /** The server's own; undefined: it has none, and no page is its own. */
  readonly own: string | undefined;
  /** Whether the browser says that the page is of the server's own origin: `Sec-Fetch-Site: same-origin`. */
  readonly isSameOrigin: boolean;
}

/**
 * The server's own origin, by the address at which it was asked, such as http://localhost:8000; undefined: none. A
 * host's name says nothing by itself: who owns a name can have it lead to us, and their page is of that origin then.
 */
export type OwnOrigin = (asked: string) => string | undefined;

/**
 * @param publicOrigin that the operator has named; it is the only one then.
 * @param trustsLoopback whether, where none is named, the names that browsers never leave the machine for are believed.
 */
export function createOwnOrigin({
  publicOrigin,
  trustsLoopback,
}: {
  publicOrigin: string | undefined;
  trustsLoopback: boolean;
}): OwnOrigin {
  return (asked) => {
    if (publicOrigin !== undefined) return publicOrigin;
    const url = trustsLoopback ? URL.parse(asked) : null;
    return url && isLoopback(url.hostname) ? url.origin : undefined;
  };
}

function isLoopback(name: string): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(name) || name.endsWith(".localhost");
}

/**
 * The page of a request. TLS may end before us, so the scheme of our own address is the page's.
 * @param host at which we were asked. @param header gives a header's value by its name in lower case.
 */
export function readPageOrigin(
  ownOrigin: OwnOrigin,
  host: string,
  header: (name: string) => string | null | undefined,
): PageOrigin {
  const origin = header("origin") ?? undefined;
  // A page that asks its own server for something with GET sends no Origin.
  const address = origin ?? header("referer");
  const asked = `${address?.startsWith("https:") ? "https" : "http"}://${host}`;
  const own = ownOrigin(asked);
  return {
    origin,
    own,
    isSameOrigin: header("sec-fetch-site") === "same-origin" && isOf(own, asked, address),
  };
}

/** Whether the page is of `own`: it is of the origin that was asked, so that one or its address is to be `own`. */
function isOf(own: string | undefined, asked: string, address: string | null | undefined): boolean {
  if (own === undefined) return false;
  const isAsked = URL.parse(asked)?.host === new URL(own).host;
  return isAsked || (URL.parse(address ?? "")?.origin ?? "") === own;
}

/**
 * A page may call from an origin of CORS_ORIGINS or of its tenant, compared to the letter; what is no page
 * sends no Origin.
 * @param origins CORS_ORIGINS: allowed for every tenant.
 * @throws AppError ORIGIN_NOT_ALLOWED
 */
export function checkOrigin(origins: readonly string[], tenant: Tenant, page: PageOrigin): void {
  const { origin, own } = page;
  if (origin === undefined || origin === own) return;
  if (origins.includes(origin) || tenant.settings.allowedOrigins.includes(origin)) return;
  throw originNotAllowed();
}

/** Where no tenant is concerned, an origin of CORS_ORIGINS or our own. @throws AppError ORIGIN_NOT_ALLOWED */
export function checkPlatformOrigin(
  origins: readonly string[],
  { origin, own }: Pick<PageOrigin, "origin" | "own">,
): void {
  const isKnown = origin === undefined || origin === own || origins.includes(origin);
  if (!isKnown) throw new AppError("ORIGIN_NOT_ALLOWED", "Pages of this origin may not call here");
}

/**
 * A publishable key stands in pages for all to read, so it is good from pages alone, and where it has a list of
 * origins from those. It keeps other sites from using it, not a person with a program of their own.
 * @throws AppError ORIGIN_NOT_ALLOWED
 */
export function checkKeyOrigin({ role, origins }: ApiKey, page: PageOrigin): void {
  if (role !== "publishable") return;
  const origin = page.origin ?? (page.isSameOrigin ? page.own : undefined);
  if (origin === undefined) {
    throw new AppError(
      "ORIGIN_NOT_ALLOWED",
      "A publishable key is for pages: the request has no Origin",
    );
  }
  if (origins.length > 0 && !origins.includes(origin)) throw originNotAllowed();
}

function originNotAllowed(): AppError {
  return new AppError("ORIGIN_NOT_ALLOWED", "Pages of this origin may not call for this tenant");
}
