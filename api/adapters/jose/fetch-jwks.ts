import type { Clock } from "../../core/ports.ts";
import { isPublicAddress } from "../../core/public-address.ts";
import { createGuardedRequest, type Resolve } from "../web/guarded-request.ts";

export type { Resolve } from "../web/guarded-request.ts";

/** Real sets have 1 to 10 KiB. */
const maxBytes = 64 * 1024;
/** For all of it: the name, the connection, the answer. */
const patienceMs = 5000;
const headers = {
  accept: "application/jwk-set+json, application/json",
  "accept-encoding": "identity",
  "user-agent": "miptech-platform",
};

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

/** Fetches a key set from where a tenant says that it is, and from nowhere else: no redirect is followed. */
export function createFetchJwks({
  clock,
  allowPrivate,
  resolve,
  isAllowed = allowPrivate ? () => true : isPublicAddress,
}: FetchJwksOptions): FetchJwks {
  const send = createGuardedRequest({ resolve, isAllowed });

  return async (text) => {
    const url = readUrl(text, allowPrivate);
    const ending = new AbortController();
    const cancel = clock.after(patienceMs, () => ending.abort());
    try {
      const response = await send(url, headers, ending.signal);
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
