import { AppError } from "../errors.ts";
import type { Tenant } from "../tenant.ts";
import { minuteMs, refuse, type RequestLimits } from "./limits.ts";
import type { LimitDecision, Limiter } from "./limiter.ts";
import { shareLimit, shareOf, type Consumer } from "./shares.ts";

export interface RequestCount {
  readonly isAllowed: boolean;
  /** Requests a minute without the burst, of the tenant or of the caller's share: whichever leaves less. */
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the oldest counted one leaves the window. */
  readonly resetMs: number;
  /** Throw it where the request is not allowed. */
  readonly refusal: AppError;
}

/** How many times a tenant's requests its admins may make, besides these. */
export const adminFactor = 10;

export interface CountDeps {
  readonly limiter: Limiter;
  readonly limits: RequestLimits;
}

/**
 * Counts one request or frame against the tenant and the caller's shares; undefined where limiting is switched
 * off. At most the limit and the burst together pass in any 60 seconds. What is told speaks of the limit alone, so
 * a client that obeys it leaves the burst to others.
 */
export async function countRequest(
  deps: CountDeps,
  { settings }: Pick<Tenant, "settings">,
  consumer: Consumer,
): Promise<RequestCount | undefined> {
  const shown = perMinute(deps, settings);
  const shares = shareLimit("requests", shown + deps.limits.burst, consumer, settings.limits);
  const told = shares.map((share) => ({ ...share, shown: shareOf(shown, share.share) }));
  return countIn(deps, told);
}

/** The same for one of the tenant's admins: a bucket besides that of the tenant, for all of them together. */
export async function countAdminRequest(
  deps: CountDeps,
  { id, settings }: Pick<Tenant, "id" | "settings">,
): Promise<RequestCount | undefined> {
  const shown = perMinute(deps, settings) * adminFactor;
  return countIn(deps, [{ key: `requests:${id}:admin`, limit: shown + deps.limits.burst, shown }]);
}

function perMinute({ limits }: CountDeps, settings: Tenant["settings"]): number {
  return settings.limits.requestsPerMinute ?? limits.requestsPerMinute;
}

interface Bucket {
  readonly key: string;
  readonly limit: number;
  /** The limit that is told. */
  readonly shown: number;
}

async function countIn(
  { limiter, limits }: CountDeps,
  buckets: readonly Bucket[],
): Promise<RequestCount | undefined> {
  if (!limits.enabled) return undefined;
  const decisions = await limiter.take(
    buckets.map(({ key, limit }) => ({ key, limit, windowMs: minuteMs })),
  );
  const counts = decisions.map((decision, i) => {
    const limit = buckets[i]?.shown ?? 0;
    return { decision, limit, remaining: Math.max(0, limit - decision.used) };
  });
  const [tightest] = counts.toSorted(
    (a, b) =>
      Number(a.decision.allowed) - Number(b.decision.allowed) ||
      b.decision.retryMs - a.decision.retryMs ||
      a.remaining - b.remaining,
  );
  if (!tightest) return undefined;
  const { decision, limit, remaining } = tightest;
  return {
    isAllowed: decisions.every(({ allowed }) => allowed),
    limit,
    remaining,
    resetMs: decision.resetMs,
    get refusal() {
      return refuse(longestWait(decisions));
    },
  };
}

/** @throws AppError RATE_LIMIT_EXCEEDED */
export function requireAllowed(count: RequestCount | undefined): void {
  if (count && !count.isAllowed) throw count.refusal;
}

export function longestWait(decisions: readonly LimitDecision[]): LimitDecision {
  return decisions.reduce((longest, next) => (next.retryMs > longest.retryMs ? next : longest));
}
