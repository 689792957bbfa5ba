import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Clock } from "../../core/ports.ts";
import { type AddressRules, isAllowedUrl } from "../../core/web/address.ts";
import { productName } from "../../core/web/robots-rules.ts";
import {
  addressNotAllowed,
  maxRedirects,
  WebFetchError,
  type WebAnswer,
  type WebFetcher,
  type WebRequest,
} from "../../core/web/web-fetcher.ts";
import {
  createGuardedRequest,
  RefusedAddressError,
  type GuardedRequest,
  type Resolve,
} from "./guarded-request.ts";
import { acceptedEncodings, readBody } from "./read-body.ts";

export interface WebFetcherOptions {
  readonly clock: Clock;
  readonly addresses: AddressRules;
  readonly resolve?: Resolve;
}

/** For all of it: names, connections, redirects, the body. */
const patienceMs = 60_000;
/** Until the answer's head, and between two pieces of its body. */
const silenceMs = 15_000;
const redirects = [301, 302, 303, 307, 308];
const maxRetryAfterMs = 3_600_000;

export function createWebFetcher({ clock, addresses, resolve }: WebFetcherOptions): WebFetcher {
  const send = createGuardedRequest({ resolve, isAllowed: addresses.isAllowed });

  return {
    async fetch(request, signal) {
      const ending = new AbortController();
      const timeout = (what: string) =>
        ending.abort(new WebFetchError("FETCH_TIMEOUT", `The host ${what}`));
      const cancelPatience = clock.after(patienceMs, () => timeout("took too long"));
      const silence = createWatchdog(clock, () => timeout("was silent for too long"));
      const either = AbortSignal.any([signal, ending.signal]);
      try {
        const found = await follow(send, addresses, request, either, silence.restart);
        const { response, url, redirectsTo } = found;
        if (redirectsTo !== undefined) return { ...nothing, url: url.href, redirectsTo };
        return await readAnswer(response, url, request, silence.restart);
      } catch (error) {
        signal.throwIfAborted();
        throw ending.signal.aborted ? ending.signal.reason : explain(error);
      } finally {
        cancelPatience();
        silence.stop();
        // Whatever is still open is cut.
        ending.abort();
      }
    },
  };
}

const nothing = { body: undefined, mediaType: undefined, etag: null, lastModified: null };

function createWatchdog(clock: Clock, bark: () => void) {
  let cancel = clock.after(silenceMs, bark);
  return {
    restart() {
      cancel();
      cancel = clock.after(silenceMs, bark);
    },
    stop: () => cancel(),
  };
}

/** Each address on the way is looked at in the same way. */
async function follow(
  send: GuardedRequest,
  addresses: AddressRules,
  request: WebRequest,
  signal: AbortSignal,
  onAnswer: () => void,
): Promise<{ response: IncomingMessage; url: URL; redirectsTo?: string }> {
  let url = new URL(request.url);
  for (let count = 0; ; count += 1) {
    if (!isAllowedUrl(url, addresses)) throw addressNotAllowed();
    const response = await send(url, headersOf(request), signal);
    onAnswer();
    const { statusCode = 0, headers } = response;
    if (!redirects.includes(statusCode) || headers.location === undefined) return { response, url };
    response.destroy();
    if (count === maxRedirects) throw refusedRedirect(`more than ${maxRedirects} times`);
    const next = URL.parse(headers.location, url.href);
    if (!next) throw refusedRedirect("to what is no address");
    if (url.protocol === "https:" && next.protocol === "http:")
      throw refusedRedirect("from https to http");
    if (request.stopsAtRedirect) return { response, url, redirectsTo: next.href };
    url = next;
  }
}

function headersOf({ accept, etag, lastModified }: WebRequest): OutgoingHttpHeaders {
  return {
    accept,
    "accept-encoding": acceptedEncodings,
    "user-agent": productName,
    ...(etag && { "if-none-match": etag }),
    ...(lastModified && { "if-modified-since": lastModified }),
  };
}

async function readAnswer(
  response: IncomingMessage,
  url: URL,
  { maxBytes, takes, etag: knownEtag, lastModified: knownDate }: WebRequest,
  onBytes: () => void,
): Promise<WebAnswer> {
  const { statusCode = 0, headers } = response;
  const mediaType = headers["content-type"];
  const validators = {
    etag: headerText(headers.etag),
    lastModified: headerText(headers["last-modified"]),
  };
  const head = { url: url.href, mediaType, ...validators };
  const isConditional = Boolean(knownEtag) || Boolean(knownDate);
  if (statusCode === 304 && isConditional) return { ...head, body: undefined };
  if (statusCode !== 200) {
    const retryAfterMs = readRetryAfter(headers["retry-after"]);
    const text = `It answers with the status ${statusCode}`;
    throw new WebFetchError("HTTP_ERROR", text, { status: statusCode, retryAfterMs });
  }
  if (takes && !takes(mediaType, url.href)) throw unsupported(mediaType);
  return { ...head, body: await readBody(response, maxBytes, onBytes) };
}

/** They are kept and sent back, so they are to be short. */
function headerText(value: string | undefined): string | null {
  return value !== undefined && /^[\x20-\x7e]{1,256}$/.test(value) ? value : null;
}

/** Seconds; dates are left to our own pauses. */
function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,9}$/.test(value)) return undefined;
  return Math.min(Number(value) * 1000, maxRetryAfterMs);
}

function unsupported(mediaType: string | undefined): WebFetchError {
  const name = /^[\w.+/-]{1,80}/.exec(mediaType ?? "")?.[0];
  const text = name ? `It is of the type ${name}, which is not read` : "It doesn't say its type";
  return new WebFetchError("UNSUPPORTED_MEDIA_TYPE", text);
}

function refusedRedirect(how: string): WebFetchError {
  return new WebFetchError("REDIRECT_REFUSED", `It redirects ${how}`);
}

function explain(error: unknown): WebFetchError {
  if (error instanceof WebFetchError) return error;
  if (error instanceof RefusedAddressError) return addressNotAllowed();
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["ENOTFOUND", "EAI_AGAIN", "ENODATA"].includes(code))
    return new WebFetchError("HOST_NOT_FOUND", "The host's name has no address", { cause: error });
  if (code.startsWith("HPE_"))
    return new WebFetchError("INVALID_RESPONSE", "It doesn't answer as HTTP does", {
      cause: error,
    });
  const text = /CERT|SSL|TLS|ALTNAME|SELF_SIGNED/.test(code)
    ? "The host's certificate can't be trusted"
    : "The host can't be reached";
  return new WebFetchError("HOST_UNREACHABLE", text, { cause: error });
}
