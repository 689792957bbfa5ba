import type { DocumentStore } from "../documents/document-store.ts";
import { documentMediaTypes, guessMediaType, readMediaType } from "../documents/media-types.ts";
import { uploadDocument, type UploadDeps } from "../documents/upload-document.ts";
import { AppError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import { isWebUrl } from "./address.ts";
import type { HostTurns } from "./host-turns.ts";
import { isSameHost } from "./list-pages.ts";
import type { Robots } from "./robots.ts";
import {
  addressNotAllowed,
  maxRedirects,
  type WebAnswer,
  WebFetchError,
  type WebFetcher,
  type WebRequest,
} from "./web-fetcher.ts";
import type { PageOutcome, WebPage, WebSource, WebSourceError } from "./web-source.ts";

export interface FetchPageDeps extends UploadDeps {
  readonly fetcher: WebFetcher;
  readonly robots: Robots;
  readonly turns: HostTurns;
  readonly clock: Clock;
  readonly documents: Pick<DocumentStore, "findSource">;
}

/** What is stored of a fetch, without the moment of the next try: that is `retryMs` from now. */
export type FetchedPage = Omit<PageOutcome, "dueAt"> & { readonly retryMs: number };

/** Fetches of a page in one read, where it may go better in a while. */
const maxTries = 3;
const retryMs = 30_000;
/** Redirects are gone along for so long; the last of them may take as long as any fetch. */
const redirectsMs = 60_000;
/** More than that isn't waited for, whatever a host asks for. */
const longestRetryMs = 10 * 60_000;
const longestPauseMs = 10_000;
/** Fetches in a row that say that a page is gone. */
const goneFetches = 2;

/** Markdown before HTML, should a host have both. */
const accept = `${documentMediaTypes.join(", ")}, */*;q=0.1`;

/**
 * Fetches a page and brings it as a document, which is left alone when it is what it was. What is wrong with the page
 * is in the outcome; what is wrong with us is thrown.
 * @param hold asked just before the document is put. False: nothing is to be done any more.
 * @returns undefined when it was not held
 * @throws AppError SERVICE_UNAVAILABLE; the signal's reason when it aborts
 */
export async function fetchPage(
  deps: FetchPageDeps,
  tenant: Tenant,
  source: Pick<WebSource, "kind" | "url">,
  page: WebPage,
  signal: AbortSignal,
  hold: () => Promise<boolean>,
): Promise<FetchedPage | undefined> {
  const { etag, lastModified } = page;
  try {
    const answer = await askForPage(deps, tenant, source, page, signal);
    if (answer.body === undefined) return done({ etag, lastModified });
    if (!(await hold())) return undefined;
    const brought = { source: page.url, url: page.url, content: answer.body };
    await uploadDocument(deps, tenant, { ...brought, mediaType: chooseMediaType(answer) });
    return done(answer);
  } catch (error) {
    signal.throwIfAborted();
    return failed(page, error);
  }
}

/** Goes along redirects, each of which is asked for as the page itself is: as its host allows, and in its turn. */
async function askForPage(
  deps: FetchPageDeps,
  tenant: Tenant,
  source: Pick<WebSource, "kind" | "url">,
  page: WebPage,
  signal: AbortSignal,
): Promise<WebAnswer> {
  const { documents, maxDocumentBytes, clock } = deps;
  const { etag, lastModified } = page;
  // What isn't there, or could not be read, is wanted whatever it was.
  const stored = etag || lastModified ? await documents.findSource(tenant, page.url) : undefined;
  const isKnown = stored !== undefined && stored.ingestion.state !== "failed";
  const request = {
    accept,
    maxBytes: maxDocumentBytes,
    stopsAtRedirect: true,
    ...(isKnown && { etag, lastModified }),
    takes: (mediaType: string | undefined, from: string) =>
      chooseMediaType({ mediaType, url: from }) !== undefined,
  };
  const end = clock.now() + redirectsMs;
  let { url } = page;
  for (let count = 0; ; count += 1) {
    if (source.kind === "sitemap" && !isSameHost(url, source.url))
      throw new WebFetchError("REDIRECT_REFUSED", "It redirects to another host");
    const answer = await askPolitely(deps, { ...request, url }, signal);
    if (answer.redirectsTo === undefined) return answer;
    if (count === maxRedirects)
      throw new WebFetchError("REDIRECT_REFUSED", `It redirects more than ${maxRedirects} times`);
    if (clock.now() >= end) throw new WebFetchError("FETCH_TIMEOUT", "The host took too long");
    url = answer.redirectsTo;
  }
}

async function askPolitely(
  { fetcher, robots, turns }: FetchPageDeps,
  request: WebRequest,
  signal: AbortSignal,
): Promise<WebAnswer> {
  const url = new URL(request.url);
  // What is of no host has no robots.txt.
  if (!isWebUrl(url)) throw addressNotAllowed();
  const rules = await robots.rulesAt(url.href, signal);
  if (!rules.isAllowed(url.pathname + url.search)) throw new RobotsError();
  const pauseMs = rules.pauseMs === undefined ? undefined : Math.min(rules.pauseMs, longestPauseMs);
  return turns.run(url.href, pauseMs, signal, () => fetcher.fetch(request, signal));
}

class RobotsError extends Error {
  override readonly name = "RobotsError";
}

/** What the answer says; where that says little, what the address ends in. */
export function chooseMediaType({
  mediaType,
  url,
}: Pick<WebAnswer, "mediaType" | "url">): string | undefined {
  const given = mediaType === undefined ? undefined : readMediaType(mediaType);
  const name = mediaType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const saysLittle = ["", "application/octet-stream", "text/plain"].includes(name);
  const guessed = saysLittle ? guessMediaType(new URL(url).pathname) : undefined;
  if (guessed === undefined) return given && mediaType;
  const charset = /;\s*charset=[^;]*/i.exec(mediaType ?? "")?.[0] ?? "";
  return guessed + charset;
}

function done({ etag, lastModified }: Pick<WebAnswer, "etag" | "lastModified">): FetchedPage {
  return {
    state: "done",
    error: null,
    isGone: false,
    tries: 0,
    goneCount: 0,
    etag,
    lastModified,
    retryMs: 0,
  };
}

function failed(page: WebPage, cause: unknown): FetchedPage {
  const error = describeFailure(cause);
  if (!error) throw cause;
  const fetchError = cause instanceof WebFetchError ? cause : undefined;
  const isGone = fetchError?.isGone ?? false;
  const tries = page.tries + 1;
  // One that is merely out of reach tells nothing of whether it is gone.
  const goneCount = isGone ? page.goneCount + 1 : fetchError?.isTransient ? page.goneCount : 0;
  const isRetried = (fetchError?.isTransient ?? false) && tries < maxTries;
  const asked = Math.max(retryMs * tries, fetchError?.retryAfterMs ?? 0);
  const { etag, lastModified } = page;
  return {
    state: isRetried ? "waiting" : "failed",
    error,
    isGone: isGone && goneCount >= goneFetches,
    tries,
    goneCount,
    etag,
    lastModified,
    retryMs: isRetried ? Math.min(asked, longestRetryMs) : 0,
  };
}

/** Undefined for what is no fault of the page. */
function describeFailure(error: unknown): WebSourceError | undefined {
  if (error instanceof WebFetchError) return { code: error.code, message: error.message };
  if (error instanceof RobotsError)
    return { code: "ROBOTS_DISALLOWED", message: "The host's robots.txt asks us to stay away" };
  if (error instanceof AppError && error.code !== "SERVICE_UNAVAILABLE")
    return { code: error.code, message: error.message };
  return undefined;
}
