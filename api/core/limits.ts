import { AppError } from "./errors.ts";
import type { Limit, LimitDecision } from "./ports.ts";
import type { Tenant } from "./tenant.ts";

export const minuteMs = 60_000;

/** RATE_LIMIT_* of the configuration; `enabled: false` lets everything through. */
export interface RequestLimits {
  readonly enabled: boolean;
  readonly requestsPerMinute: number;
  readonly burst: number;
}

/**
 * The window that a tenant's requests are held against: the limit and the burst together, at most
 * so many in any 60 seconds. The headers speak of the limit alone, so a client that obeys
 * `X-RateLimit-Remaining` keeps the burst for others.
 */
export function requestLimit(
  limits: RequestLimits,
  tenant: Tenant,
): { shown: number; window: Limit } {
  const shown = tenant.settings.limits.requestsPerMinute ?? limits.requestsPerMinute;
  return { shown, window: { limit: shown + limits.burst, windowMs: minuteMs } };
}

export function refuse(decision: LimitDecision): AppError {
  const retryAfter = Math.max(1, Math.ceil(decision.retryMs / 1000));
  return new AppError("RATE_LIMIT_EXCEEDED", "Rate limit exceeded", { retryAfter });
}

/** The moments counted in one sliding window, oldest first. */
export type Window = number[];

/**
 * One decision of a sliding window: exact, where a fixed window lets twice the limit pass at its edge.
 * Drops what has left the window and adds `now` when it is allowed.
 */
export function takeFromWindow(
  window: Window,
  { limit, windowMs }: Limit,
  now: number,
): LimitDecision {
  let expired = 0;
  while (expired < window.length && (window[expired] ?? 0) <= now - windowMs) expired += 1;
  window.splice(0, expired);
  const allowed = window.length < limit;
  if (allowed) window.push(now);
  const oldest = window[0] ?? now;
  const blocking = window[window.length - limit] ?? now;
  const retryMs = allowed ? 0 : limit === 0 ? windowMs : blocking + windowMs - now;
  return {
    allowed,
    used: window.length,
    resetMs: window.length === 0 ? 0 : oldest + windowMs - now,
    retryMs,
  };
}
