import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import { pause } from "../../core/answering/paced-text.ts";
import type { Logger } from "../../core/ports.ts";
import type { Completion } from "./chunk-reader.ts";
import { RequestFailure } from "./request-failure.ts";
import { streamCompletion, type StreamDeps } from "./stream-completion.ts";

export interface OpenDeps extends StreamDeps {
  readonly logger: Logger;
  /** Milliseconds from the first request within which another one may be sent. */
  readonly retryMs: number;
  /** Takes what is secret from a text for the log. */
  readonly redact: (text: string) => string;
}

/** An answer of which the first piece has come, or the end. */
export interface OpenCompletion {
  readonly first: IteratorResult<string, Completion>;
  readonly rest: AsyncGenerator<string, Completion, undefined>;
}

/** Few: whoever asked waits, and a fallback stands ready. */
const retryRules = { most: 2, firstPauseMs: 250 };

/**
 * Asks until the first piece has come: again after a failure that may pass, with growing pauses, or
 * when the provider says; not when that would be later than `retryMs` from now. Behind the first
 * piece nothing is asked again, since published text stays.
 * @throws RequestFailure
 */
export async function openCompletion(
  deps: OpenDeps,
  body: ChatCompletionCreateParamsStreaming,
  signal: AbortSignal,
): Promise<OpenCompletion> {
  const { clock, logger, redact } = deps;
  const until = clock.now() + deps.retryMs;
  for (let tries = 1; ; tries += 1) {
    const rest = streamCompletion(deps, body, signal);
    try {
      return { first: await rest.next(), rest };
    } catch (error) {
      const mayRetry =
        error instanceof RequestFailure && error.mayRetry && tries <= retryRules.most;
      if (signal.aborted || !mayRetry) throw error;
      const pauseMs = error.retryAfterMs ?? pauseOf(tries);
      if (clock.now() + pauseMs > until) throw error;
      const fields = { model: body.model, tries, pause_ms: pauseMs, why: redact(error.message) };
      logger.warn(fields, "The language model is asked again");
      await pause(clock, pauseMs, signal);
    }
  }
}

/** Doubles, and spreads over half its length, so that many turns don't come back at once. */
function pauseOf(tries: number): number {
  const most = retryRules.firstPauseMs * 2 ** tries;
  return Math.round(most * (0.5 + Math.random() / 2));
}
