import { AppError } from "../errors.ts";
import type { Limit, LimitDecision } from "./limiter.ts";

export const minuteMs = 60_000;

/** RATE_LIMIT_* of the configuration; `enabled: false` lets everything through. */
export interface RequestLimits {
  readonly enabled: boolean;
  readonly requestsPerMinute: number;
  readonly burst: number;
}

export function refuse(decision: LimitDecision): AppError {
  const retryAfter = waitOf(decision);
  return new AppError("RATE_LIMIT_EXCEEDED", "Rate limit exceeded", { retryAfter });
}

/** Whole seconds until one more is allowed, at least one. */
export function waitOf({ retryMs }: LimitDecision): number {
  return Math.max(1, Math.ceil(retryMs / 1000));
}

/** The moments counted in one sliding window, oldest first. */
export type Window = number[];

/**
 * One decision over several sliding windows: exact, where a fixed window lets twice the limit pass at its edge.
 * Drops what has left each window, and adds `now` to all of them when each has room, else to none.
 * @returns the decision of each window, in order: whether it has room, and where it stands now.
 */
export function takeFromWindows(
  taken: readonly (readonly [Window, Limit])[],
  now: number,
): LimitDecision[] {
  for (const [window, { windowMs }] of taken) dropExpired(window, now - windowMs);
  const haveRoom = taken.map(([window, { limit }]) => window.length < limit);
  if (haveRoom.every(Boolean)) for (const [window] of taken) window.push(now);
  return taken.map(([window, limit], i) => describe(window, limit, now, haveRoom[i] ?? false));
}

function dropExpired(window: Window, until: number): void {
  const left = window.findIndex((moment) => moment > until);
  window.splice(0, left === -1 ? window.length : left);
}

function describe(
  window: Window,
  { limit, windowMs }: Limit,
  now: number,
  allowed: boolean,
): LimitDecision {
  const oldest = window[0] ?? now;
  const blocking = window[window.length - limit] ?? now;
  const retryMs = allowed ? 0 : limit === 0 ? windowMs : blocking + windowMs - now;
  const resetMs = window.length === 0 ? 0 : oldest + windowMs - now;
  return { allowed, used: window.length, resetMs, retryMs };
}
