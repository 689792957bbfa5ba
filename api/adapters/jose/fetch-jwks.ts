import { lookup as resolveName } from "node:dns/promises";
import type { LookupAddress } from "node:dns";
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Clock } from "../../core/ports.ts";
import { isPublicAddress } from "../../core/public-address.ts";

/** Real sets have 1 to 10 KiB. */
const maxBytes = 64 * 1024;
/** For all of it: the name, the connection, the answer. */
const patienceMs = 5000;

/** All addresses of a host's name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface FetchJwksOptions {
  readonly clock: Clock;
  /** ALLOW_PRIVATE_JWKS: http and private addresses too. */
  readonly allowPrivate: boolean;
  /** Default: the system's own way, the hosts file included. */
  readonly resolve?: Resolve | undefined;
  /** Which addresses may be asked. Default: those of the public internet. */
  readonly isAllowed?: ((address: string) => boolean) | undefined;
}

/** What the address answers, as JSON; settled within 5 s. @throws Error whose message may be logged. */
export type FetchJwks = (url: string) => Promise<unknown>;

/**
 * Fetches a key set from where a tenant says that it is, and from nowhere else: no redirect is followed, and the
 * address that is connected to is the one that was looked at, since a name may have another one a moment later.
 */
export function createFetchJwks({
  clock,
  allowPrivate,
  resolve = (hostname) => resolveName(hostname, { all: true }),
  isAllowed = allowPrivate ? () => true : isPublicAddress,
}: FetchJwksOptions): FetchJwks {
  const lookup = createLookup(resolve, isAllowed);

  return async (text) => {
    const url = readUrl(text, allowPrivate);
    const host = url.hostname.replace(/^\[|\]$/g, "");
    // An address is connected to without a look-up.
    if (isIP(host) !== 0 && !isAllowed(host)) throw notAllowed();
    const ending = new AbortController();
    const cancel = clock.after(patienceMs, () => ending.abort());
    try {
      const response = await send(url, lookup, ending.signal);
      if (response.statusCode !== 200) throw new Error(`It answers with ${response.statusCode}`);
      return parse(await readBody(response));
    } finally {
      cancel();
      ending.abort();
    }
  };
}

function readUrl(text: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === "https:" || (allowPrivate && url?.protocol === "http:");
  if (!url || !isHttp || url.username !== "" || url.password !== "")
    throw new Error("No address of https without a user's name");
  return url;
}

function send(url: URL, lookup: LookupFunction, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const headers = {
      accept: "application/jwk-set+json, application/json",
      "accept-encoding": "identity",
      "user-agent": "miptech-platform",
    };
    const sent = request(url, { agent: false, lookup, signal, headers });
    sent.once("response", resolve);
    // Stays for what goes wrong behind the answer's head, which the reader of the body is told as well.
    sent.on("error", reject);
    sent.end();
  });
}

async function readBody(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`It answers with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error would quote the answer.
    throw new Error("It answers with no JSON");
  }
}

/** A look-up for a connection, which gives away allowed addresses alone; one that isn't makes the others suspect. */
function createLookup(resolve: Resolve, isAllowed: (address: string) => boolean): LookupFunction {
  const find = async (hostname: string) => {
    const found = await resolve(hostname);
    const [first] = found;
    if (!first) throw new Error("Its name has no address");
    if (!found.every(({ address }) => isAllowed(address))) throw notAllowed();
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

function notAllowed(): Error {
  return new Error("Its address is not of the public internet");
}
