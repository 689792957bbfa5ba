import type { Clock } from "../ports.ts";
import { type AddressRules, isAllowedUrl, normalizeAddress } from "./address.ts";
import type { HostTurns } from "./host-turns.ts";
import { InvalidSitemapError, type SitemapFile, type SitemapReader } from "./sitemap.ts";
import { WebFetchError, type WebFetcher } from "./web-fetcher.ts";
import type { Listing, WebSource, WebSourceError } from "./web-source.ts";

export interface ListDeps {
  readonly fetcher: WebFetcher;
  readonly sitemaps: SitemapReader;
  readonly turns: HostTurns;
  readonly addresses: AddressRules;
  readonly clock: Clock;
}

/** Of one sitemap: the file itself, and those that indexes name. */
const maxFiles = 100;
/** Indexes that name indexes. */
const maxDepth = 3;
/** Addresses that are looked at. */
const maxLocations = 200_000;
/** For all files, so that a slow host doesn't keep its place for ever; the last one may take longer. */
const maxMs = 120_000;
/** Of a file as it is sent, or unpacked by HTTP. */
const maxFileBytes = 10 * 1024 * 1024;

const accept = "application/xml, text/xml, application/gzip;q=0.9, */*;q=0.1";

/** Its progress: told after each file, so that who reads goes on to be known as reading. */
export type OnFile = () => Promise<void>;

/**
 * The pages that a source has now: of a sitemap those of the same host that its settings take, in its order.
 * Files of the sitemap beside the first that can't be read make it incomplete.
 * @throws WebFetchError, InvalidSitemapError when the first can't be read, or nothing of it is taken
 */
export async function listPages(
  deps: ListDeps,
  source: Pick<WebSource, "url" | "kind" | "maxPages" | "include" | "exclude">,
  signal: AbortSignal,
  onFile: OnFile,
): Promise<Listing> {
  if (source.kind === "page") return { urls: [source.url], isComplete: true, error: null };
  const found = await readFiles(deps, source.url, signal, onFile);
  const takes = createFilter(deps.addresses, source);
  const urls = new Set<string>();
  for (const [location, base] of found.locations) {
    const url = normalizeAddress(location, base);
    if (url !== undefined && takes(new URL(url))) urls.add(url);
    if (urls.size === source.maxPages) break;
  }
  if (urls.size === 0 && found.error === null)
    throw new InvalidSitemapError("It lists no page of its own host that is to be taken");
  return { urls: [...urls], isComplete: found.error === null, error: found.error };
}

interface Found {
  /** With the address of the file that names it. */
  readonly locations: [location: string, base: string][];
  readonly error: WebSourceError | null;
}

async function readFiles(
  deps: ListDeps,
  root: string,
  signal: AbortSignal,
  onFile: OnFile,
): Promise<Found> {
  const locations: [string, string][] = [];
  const waiting: { readonly url: string; readonly depth: number }[] = [{ url: root, depth: 0 }];
  const seen = new Set([root]);
  let error: WebSourceError | null = null;
  const note = (code: string, message: string) => (error ??= { code, message });
  const end = deps.clock.now() + maxMs;
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { url, depth } = next;
    if (deps.clock.now() >= end) {
      note("FETCH_TIMEOUT", `Its files could not be read in ${maxMs / 1000} seconds`);
      break;
    }
    const file = await readFile(deps, url, root, signal).catch((cause: unknown) => {
      if (depth === 0) throw cause;
      const fault = describeFault(cause);
      if (!fault) throw cause;
      note(fault.code, `A part of the sitemap (${url}): ${fault.message}`);
      return undefined;
    });
    await onFile();
    for (const location of file?.locations ?? []) {
      if (file?.kind === "pages") {
        locations.push([location, url]);
        if (locations.length <= maxLocations) continue;
        note("INVALID_SITEMAP", `It lists more than ${maxLocations} pages`);
        return { locations, error };
      }
      const child = normalizeAddress(location, url);
      if (child === undefined || seen.has(child)) continue;
      if (!isSameHost(child, root)) note("INVALID_SITEMAP", "It names a sitemap of another host");
      else if (depth + 1 > maxDepth || seen.size >= maxFiles)
        note("INVALID_SITEMAP", `It has more than ${maxFiles} files, or is nested too deeply`);
      else {
        seen.add(child);
        waiting.push({ url: child, depth: depth + 1 });
      }
    }
  }
  return { locations, error };
}

async function readFile(
  { fetcher, sitemaps, turns }: ListDeps,
  url: string,
  root: string,
  signal: AbortSignal,
): Promise<SitemapFile> {
  const request = { url, accept, maxBytes: maxFileBytes };
  const { body, url: final } = await turns.run(url, undefined, signal, () =>
    fetcher.fetch(request, signal),
  );
  if (!isSameHost(final, root))
    throw new WebFetchError("REDIRECT_REFUSED", "It redirects to another host");
  return sitemaps.read(body ?? new Uint8Array());
}

/** What of a failure is told; undefined for what is none of the sitemap's. */
export function describeFault(error: unknown): WebSourceError | undefined {
  if (error instanceof WebFetchError) return { code: error.code, message: error.message };
  if (error instanceof InvalidSitemapError)
    return { code: "INVALID_SITEMAP", message: error.message };
  return undefined;
}

function createFilter(
  addresses: AddressRules,
  { url: root, include, exclude }: Pick<WebSource, "url" | "include" | "exclude">,
): (url: URL) => boolean {
  const begins = (path: string, prefixes: readonly string[]) =>
    prefixes.some((prefix) => path.startsWith(prefix));
  return (url) =>
    isSameHost(url.href, root) &&
    isAllowedUrl(url, addresses) &&
    (include.length === 0 || begins(url.pathname, include)) &&
    !begins(url.pathname, exclude);
}

/** With its port; http and https alike. */
export function isSameHost(a: string, b: string): boolean {
  const [one, other] = [new URL(a), new URL(b)];
  return one.hostname === other.hostname && (one.port === other.port || isUsual(one, other));
}

function isUsual(...urls: readonly URL[]): boolean {
  return urls.every(({ port }) => ["", "80", "443"].includes(port));
}
