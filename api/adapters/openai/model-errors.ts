import type { Usage } from "../../core/message.ts";
import { ModelError, type ModelErrorCode } from "../../core/answering/model-error.ts";
import { RequestFailure } from "./request-failure.ts";

/** What readers see. */
const messages: Readonly<Record<ModelErrorCode, string>> = {
  MODEL_UNAVAILABLE: "The language model is not available at the moment",
  MODEL_TIMEOUT: "The language model took too long to answer",
  MODEL_MISCONFIGURED: "The language model is not set up correctly",
  MODEL_REFUSED_REQUEST: "The language model refused the request",
};
const brokeOff = "The language model broke off in the middle of its answer";
const tooLong = "The question is too long for the language model";

/**
 * The error that a turn ends in; the provider's words stay in its cause, for the log. A stranger is
 * returned as it is.
 * @param hasText whether a part of the answer was published.
 */
export function toModelError(
  error: unknown,
  usage: Usage,
  hasText: boolean,
  redact: (text: string) => string,
): unknown {
  if (!(error instanceof RequestFailure)) return error;
  const { code, reason, retryAfterMs } = error;
  const isTooLong = reason === "context_length_exceeded";
  const message = hasText ? brokeOff : isTooLong ? tooLong : messages[code];
  const cause = new Error(redact(error.message));
  const retryAfter =
    retryAfterMs === undefined ? {} : { retryAfter: Math.ceil(retryAfterMs / 1000) };
  return new ModelError(code, message, { usage, cause, ...retryAfter });
}

const longestText = 500;
/** Keys of OpenAI, also with stars in their middle, as its own errors repeat them. */
const keys = /\bsk-[\w*-]+/g;

/** Providers repeat the key in their errors: it must not reach the log. */
export function createRedactor(apiKey: string | undefined): (text: string) => string {
  return (text) => {
    const known = apiKey === undefined ? text : text.replaceAll(apiKey, "[key]");
    return known.replace(keys, "[key]").slice(0, longestText);
  };
}
