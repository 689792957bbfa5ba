import { pause } from "../answering/paced-text.ts";
import type { Clock } from "../ports.ts";
import { RetrievalServiceError, type RetrievalService } from "./service-error.ts";

export interface ServicePatience {
  readonly clock: Clock;
  /** Milliseconds that one request may take. */
  readonly requestMs: number;
  /** Milliseconds from the first request within which another one may be sent; 0: never. */
  readonly retryMs: number;
}

/** Tries, whatever the service says of when to come back. */
const mostTries = 6;
const firstPauseMs = 250;
const never = new AbortController().signal;

/**
 * Sends a request, again after a failure that may pass: with growing pauses, or when the service says; not when that
 * would be later than `retryMs` from now.
 * @param request must end when its signal is aborted, and name its failures as RetrievalServiceError.
 * @throws RetrievalServiceError; what the signal was aborted with.
 */
export async function callService<Result>(
  patience: ServicePatience,
  service: RetrievalService,
  request: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal = never,
): Promise<Result> {
  const { clock } = patience;
  const until = clock.now() + patience.retryMs;
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await requestInTime(patience, service, request, signal);
    } catch (error) {
      signal.throwIfAborted();
      const mayPass = error instanceof RetrievalServiceError && error.failure === "unavailable";
      if (!mayPass || tries === mostTries) throw error;
      const pauseMs = error.retryAfterMs ?? pauseOf(tries);
      if (clock.now() + pauseMs > until) throw error;
      await pause(clock, pauseMs, signal);
    }
  }
}

async function requestInTime<Result>(
  { clock, requestMs }: ServicePatience,
  service: RetrievalService,
  request: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const late = new AbortController();
  const cancelTimer = clock.after(requestMs, () => late.abort());
  try {
    return await request(AbortSignal.any([signal, late.signal]));
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new RetrievalServiceError(service, "unavailable", `no answer within ${requestMs} ms`);
  } finally {
    cancelTimer();
  }
}

/** Doubles, and spreads over half its length, so that many callers don't come back at once. */
function pauseOf(tries: number): number {
  const most = firstPauseMs * 2 ** tries;
  return Math.round(most * (0.5 + Math.random() / 2));
}
