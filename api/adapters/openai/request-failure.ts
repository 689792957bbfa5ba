import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import type { ModelErrorCode } from "../../core/answering/model-error.ts";

/** Why a request got no answer, or not all of it; the text is for the log and holds no key. */
export class RequestFailure extends Error {
  override readonly name = "RequestFailure";
  readonly code: ModelErrorCode;
  /** Whether asking again may help. */
  readonly mayRetry: boolean;
  /** How long the provider wants to be left alone; undefined when it doesn't say. */
  readonly retryAfterMs: number | undefined;
  /** The provider's own code, such as `context_length_exceeded`. */
  readonly reason: string | undefined;

  constructor(
    code: ModelErrorCode,
    text: string,
    options: { mayRetry?: boolean; retryAfterMs?: number | undefined; reason?: string } = {},
  ) {
    super(text);
    this.code = code;
    this.mayRetry = options.mayRetry ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.reason = options.reason;
  }
}

/**
 * What the SDK or `fetch` threw, as a failure; undefined for a stranger, which is a fault of ours.
 * @param now milliseconds since the epoch, for a Retry-After that is a date.
 */
export function readFailure(error: unknown, now: number): RequestFailure | undefined {
  if (error instanceof RequestFailure) return error;
  if (error instanceof APIConnectionTimeoutError) {
    return new RequestFailure("MODEL_TIMEOUT", describe(error), { mayRetry: true });
  }
  if (error instanceof APIConnectionError) {
    return new RequestFailure("MODEL_UNAVAILABLE", describe(error), { mayRetry: true });
  }
  return error instanceof APIError ? readRefusal(error, now) : undefined;
}

/** No money left is told with the status of a rate limit, but no wait mends it. */
const lastingReasons = new Set(["insufficient_quota", "billing_hard_limit_reached"]);
/** The request itself is at fault; every other status of the 400s is about the key, the address or the model. */
const requestFaults = new Set([400, 413, 422]);
const passing = new Set([408, 409, 425, 429]);

/** The provider's answer with an HTTP status of 400 or above. */
function readRefusal(error: APIError, now: number): RequestFailure {
  const { status = 0, headers } = error;
  const reason = error.code ?? error.type ?? undefined;
  const text = describe(error);
  const options = reason === undefined ? {} : { reason: String(reason) };
  if (requestFaults.has(status)) return new RequestFailure("MODEL_REFUSED_REQUEST", text, options);
  if (!passing.has(status) && status < 500) {
    return new RequestFailure("MODEL_MISCONFIGURED", text, options);
  }
  const isLasting = lastingReasons.has(options.reason ?? "");
  const mayRetry = !isLasting && headers?.get("x-should-retry") !== "false";
  const retryAfterMs = headers && readRetryAfter(headers, now);
  return new RequestFailure("MODEL_UNAVAILABLE", text, { ...options, mayRetry, retryAfterMs });
}

/** `retry-after-ms`, or Retry-After in seconds or as a date (RFC 9110, 10.2.3). */
function readRetryAfter(headers: Headers, now: number): number | undefined {
  const exact = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  if (exact >= 0) return exact;
  const value = headers.get("retry-after") ?? "";
  const seconds = Number(value);
  const ms =
    value.trim() === "" || Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** A message with those of its causes. */
export function describe(error: unknown): string {
  const texts: string[] = [];
  for (let one = error; one instanceof Error && texts.length < 4; one = one.cause) {
    const code = "code" in one && typeof one.code === "string" ? `${one.code}: ` : "";
    texts.push(one.message.includes(code) ? one.message : `${code}${one.message}`);
  }
  return texts.length === 0 ? String(error) : texts.join(": ");
}
