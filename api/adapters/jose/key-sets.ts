import type { JWK } from "jose";
import { AppError } from "../../core/errors.ts";
import type { Clock, Logger } from "../../core/ports.ts";
import type { FetchJwks } from "./fetch-jwks.ts";
import { readPublicKeys } from "./public-keys.ts";

/** Older keys are fetched anew, while they go on being used. */
const freshMs = 5 * 60_000;
/** Keys that were not asked after for so long are fetched before they are used: one may have been withdrawn. */
const idleMs = 10 * 60_000;
/** For so long the last keys are used when no fresh ones can be had. */
const staleMs = 24 * 60 * 60_000;
/** After a failure nothing is asked for so long. */
const failureMs = 10_000;
/** For a key that isn't there a set is fetched at most once in this time. */
const renewalMs = 30_000;
const maxUrls = 500;

export interface KeySetOptions {
  readonly fetchJwks: FetchJwks;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The public keys at tenants' JWKS URLs, kept for a while. */
export interface KeySets {
  /**
   * What is kept, while it is fetched anew every five minutes behind the caller's back; waits for the fetch where
   * nothing is kept, and where nobody tried for ten minutes.
   * @throws AppError SERVICE_UNAVAILABLE when they can't be fetched, and haven't been for a day
   */
  keysAt(url: string): Promise<readonly JWK[]>;
  /**
   * The same, for what has been checked with one of them before: what is kept is given at once, however old.
   * @throws AppError as keysAt
   */
  knownKeysAt(url: string): Promise<readonly JWK[]>;
  /** The keys once more, for a token that none of them fits; undefined where that was done just before. */
  renewKeysAt(url: string): Promise<readonly JWK[] | undefined>;
}

interface Entry {
  keys: readonly JWK[] | undefined;
  fetchedAt: number;
  failedAt: number;
  renewedAt: number;
  /** The fetch that is under way; it never rejects. */
  pending: Promise<void> | undefined;
}

export function createKeySets({ fetchJwks, clock, logger }: KeySetOptions): KeySets {
  /** The one that was used last at the end. */
  const entries = new Map<string, Entry>();
  const isWithin = (since: number, ms: number) => clock.now() - since < ms;

  function open(url: string): Entry {
    const entry = entries.get(url) ?? createEntry();
    entries.delete(url);
    entries.set(url, entry);
    const [oldest] = entries.keys();
    if (entries.size > maxUrls && oldest !== undefined) entries.delete(oldest);
    return entry;
  }

  async function load(url: string, entry: Entry): Promise<void> {
    try {
      entry.keys = readKeys(await fetchJwks(url));
      entry.fetchedAt = clock.now();
      entry.failedAt = -Infinity;
    } catch (error) {
      entry.failedAt = clock.now();
      // What is behind the host may hold a secret.
      const host = URL.canParse(url) ? new URL(url).host : undefined;
      logger.warn(
        { host, reason: reasonOf(error) },
        "The keys of a tenant's issuer can't be fetched",
      );
    } finally {
      entry.pending = undefined;
    }
  }

  /** One fetch at a time, which all who want it wait for. */
  function fetchOnce(url: string, entry: Entry): Promise<void> {
    return (entry.pending ??= load(url, entry));
  }

  const isDue = ({ fetchedAt, failedAt }: Entry) =>
    !isWithin(fetchedAt, freshMs) && !isWithin(failedAt, failureMs);
  const keptOf = ({ keys, fetchedAt }: Entry) => (isWithin(fetchedAt, staleMs) ? keys : undefined);

  /** A host that was tried in vain since is not waited for again. */
  const isIdle = ({ fetchedAt, failedAt }: Entry) =>
    !isWithin(fetchedAt, idleMs) && failedAt === -Infinity;

  async function read(url: string, mustWait: (entry: Entry) => boolean): Promise<readonly JWK[]> {
    const entry = open(url);
    const fetched = isDue(entry) ? fetchOnce(url, entry) : undefined;
    if (!keptOf(entry) || mustWait(entry)) await fetched;
    return keptOf(entry) ?? refuseForNow();
  }

  return {
    keysAt: (url) => read(url, isIdle),
    knownKeysAt: (url) => read(url, () => false),
    async renewKeysAt(url) {
      const entry = open(url);
      if (!entry.pending) {
        if (isWithin(entry.renewedAt, renewalMs) || isWithin(entry.failedAt, failureMs))
          return undefined;
        entry.renewedAt = clock.now();
      }
      await fetchOnce(url, entry);
      return entry.keys;
    },
  };
}

function refuseForNow(): never {
  const text = "The keys of the token's issuer can't be fetched now";
  throw new AppError("SERVICE_UNAVAILABLE", text, { retryAfter: failureMs / 1000 });
}

/** Where several addresses fail the error has no words of its own. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return error.message || ("code" in error ? String(error.code) : error.name);
}

function createEntry(): Entry {
  return {
    keys: undefined,
    fetchedAt: -Infinity,
    failedAt: -Infinity,
    renewedAt: -Infinity,
    pending: undefined,
  };
}

function readKeys(body: unknown): readonly JWK[] {
  if (typeof body === "object" && body !== null && "keys" in body && Array.isArray(body.keys))
    return readPublicKeys(body.keys);
  throw new Error("It answers with no key set");
}
