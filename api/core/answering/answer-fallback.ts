import { isModelDown } from "./model-error.ts";
import type { Answerer, AnswerRequest, AnswerResult } from "./answerer.ts";
import type { Logger } from "../ports.ts";

export interface SubstituteDeps {
  readonly primary: Answerer;
  readonly substitute: Answerer;
  /** After which errors of `primary` the substitute answers. */
  readonly isReason: (error: unknown) => boolean;
  /** What `AnswerResult.degraded` says of its answer. */
  readonly degraded: string;
  /** Told before it answers. */
  readonly onFailure: (error: unknown, request: AnswerRequest) => void;
}

/**
 * Answers by `primary`; where that fails for a certain reason before the first piece, by the substitute,
 * and says so in `degraded`. A failure behind the first piece is thrown: what was published stays, and two
 * answers can't be made into one.
 */
export function createSubstitutedAnswerer(deps: SubstituteDeps): Answerer {
  const { primary, substitute, isReason, degraded, onFailure } = deps;
  return {
    async *answer(request, signal) {
      await using parts = primary.answer(request, signal);
      let first: IteratorResult<string, AnswerResult>;
      try {
        first = await parts.next();
      } catch (error) {
        if (signal.aborted || !isReason(error)) throw error;
        onFailure(error, request);
        const result = yield* substitute.answer(request, signal);
        return { ...result, degraded: [...new Set([...(result.degraded ?? []), degraded])] };
      }
      if (first.done) return first.value;
      yield first.value;
      return yield* parts;
    },
  };
}

export interface FallbackDeps {
  readonly primary: Answerer;
  readonly fallback: Answerer;
  readonly logger: Logger;
}

/** What `AnswerResult.degraded` says of an answer that the fallback gave. */
export const modelUnavailable = "model_unavailable";

/** Answers by `fallback` where the model of `primary` is down, misconfigured or too slow before the first piece. */
export function createFallbackAnswerer({ primary, fallback, logger }: FallbackDeps): Answerer {
  return createSubstitutedAnswerer({
    primary,
    substitute: fallback,
    isReason: isModelDown,
    degraded: modelUnavailable,
    onFailure: (error, { tenant }) =>
      logger.error({ err: error, tenant_id: tenant.id }, "The language model does not answer"),
  });
}
