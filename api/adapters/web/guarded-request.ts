import { lookup as resolveName } from "node:dns/promises";
import type { LookupAddress } from "node:dns";
import { request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";

/** All addresses of a host's name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface GuardedRequestOptions {
  /** Default: the system's own way, the hosts file included. */
  readonly resolve?: Resolve | undefined;
  /** Which addresses may be asked. */
  readonly isAllowed: (address: string) => boolean;
}

/** Sends a GET, and gives the answer's head; a redirect is an answer as any other. @throws RefusedAddressError */
export type GuardedRequest = (
  url: URL,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
) => Promise<IncomingMessage>;

/** What a URL's host names is none of the addresses that may be asked; nothing was connected to. */
export class RefusedAddressError extends Error {
  override readonly name = "RefusedAddressError";

  constructor() {
    super("Its address is not of the public internet");
  }
}

/**
 * Asks only addresses that may be asked: the one that is connected to is the one that was looked at, since a name may
 * have another one a moment later. The name itself stays in the request, and is what a certificate has to be for.
 */
export function createGuardedRequest({
  resolve = (hostname) => resolveName(hostname, { all: true }),
  isAllowed,
}: GuardedRequestOptions): GuardedRequest {
  const lookup = createLookup(resolve, isAllowed);

  return async (url, headers, signal) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    // An address is connected to without a look-up.
    if (isIP(host) !== 0 && !isAllowed(host)) throw new RefusedAddressError();
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    return new Promise((fulfil, reject) => {
      const sent = request(url, { agent: false, lookup, signal, headers });
      sent.once("response", fulfil);
      // Stays for what goes wrong behind the answer's head, which the reader of the body is told as well.
      sent.on("error", reject);
      sent.end();
    });
  };
}

/** A look-up for a connection, which gives away allowed addresses alone; one that isn't makes the others suspect. */
function createLookup(resolve: Resolve, isAllowed: (address: string) => boolean): LookupFunction {
  const find = async (hostname: string) => {
    const found = await resolve(hostname);
    const [first] = found;
    if (!first) throw new Error("Its name has no address");
    if (!found.every(({ address }) => isAllowed(address))) throw new RefusedAddressError();
    return { first, all: [...found] };
  };
  return (hostname, options, callback) => {
    find(hostname).then(
      ({ first, all }) =>
        options.all ? callback(null, all) : callback(null, first.address, first.family),
      (error: unknown) =>
        callback(error instanceof Error ? error : new Error("Its name can't be resolved"), ""),
    );
  };
}
