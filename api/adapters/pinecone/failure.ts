import { RetrievalServiceError } from "../../core/retrieval/service-error.ts";
import type { RetrievalFailure } from "../../core/retrieval/service-error.ts";
import type { BadAnswer } from "./call.ts";

/** Why a request to Pinecone brought nothing; its text holds no key. Vectors and ids are all that is ever sent. */
export class PineconeFailure extends RetrievalServiceError {
  /** Of HTTP; undefined where no answer came, or one that can't be read. */
  readonly status: number | undefined;
  /** The index is there, but nothing was ever written for the tenant, or all of it was removed. */
  readonly isNamespaceMissing: boolean;

  constructor(
    failure: RetrievalFailure,
    text: string,
    answer: {
      status?: number | undefined;
      isNamespaceMissing?: boolean;
      retryAfterMs?: number | undefined;
    } = {},
  ) {
    super("vectors", failure, text, answer.retryAfterMs);
    this.status = answer.status;
    this.isNamespaceMissing = answer.isNamespaceMissing ?? false;
  }
}

export function malformed(text: string): PineconeFailure {
  return new PineconeFailure("unavailable", `a malformed answer: ${text}`);
}

const passing = new Set([408, 425, 429]);
const longestText = 300;

/** @param now milliseconds since the epoch, for a Retry-After that is a date. */
export function toFailure(
  error: unknown,
  bad: BadAnswer | undefined,
  apiKey: string,
  now: number,
): PineconeFailure {
  if (!bad) {
    const code = codeOf(error);
    const isRead = error instanceof Error && /Connection|Fetch/.test(error.name);
    const text = isRead ? `no connection${code}` : "an answer that can't be read";
    return new PineconeFailure("unavailable", text);
  }
  const { status, headers, body } = bad;
  const failure = passing.has(status) || status >= 500 ? "unavailable" : "misconfigured";
  const said = messageOf(body).replaceAll(apiKey, "[key]").slice(0, longestText);
  return new PineconeFailure(failure, `HTTP ${status}${said === "" ? "" : `, ${said}`}`, {
    status,
    isNamespaceMissing: (status === 404 || status === 412) && /namespace/i.test(said),
    retryAfterMs: readRetryAfter(headers.get("retry-after") ?? "", now),
  });
}

/** The vector API says `message`, the control plane `error.message`; a refused key is told in plain text. */
function messageOf(body: string): string {
  try {
    const json: unknown = JSON.parse(body);
    const { message, error } = Object(json) as { message?: unknown; error?: unknown };
    const inner: unknown = Reflect.get(Object(error), "message");
    return [inner, message].find((text) => typeof text === "string")?.toString() ?? "";
  } catch {
    return /^[^<{]{1,100}$/.test(body.trim()) ? body.trim() : "";
  }
}

/** Such as `: ECONNREFUSED`. */
function codeOf(error: unknown): string {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    const code: unknown = Reflect.get(one, "code");
    if (typeof code === "string") return `: ${code}`;
  }
  return "";
}

/** In seconds or as a date (RFC 9110, 10.2.3). */
function readRetryAfter(value: string, now: number): number | undefined {
  if (value.trim() === "") return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
