import { isModelDown } from "./model-error.ts";
import type { Answerer, AnswerResult } from "./answerer.ts";
import type { Logger } from "../ports.ts";

export interface FallbackDeps {
  readonly primary: Answerer;
  readonly fallback: Answerer;
  readonly logger: Logger;
}

/** What `AnswerResult.degraded` says of an answer that the fallback gave. */
export const modelUnavailable = "model_unavailable";

/**
 * Answers by `primary`; where its model is down, misconfigured or too slow before the first piece,
 * by `fallback`, and says so in `degraded`. A failure behind the first piece is thrown: what was
 * published stays, and two answers can't be made into one.
 */
export function createFallbackAnswerer({ primary, fallback, logger }: FallbackDeps): Answerer {
  return {
    async *answer(request, signal) {
      await using parts = primary.answer(request, signal);
      let first: IteratorResult<string, AnswerResult>;
      try {
        first = await parts.next();
      } catch (error) {
        if (signal.aborted || !isModelDown(error)) throw error;
        const tenant_id = request.tenant.id;
        logger.error({ err: error, tenant_id }, "The language model does not answer");
        const result = yield* fallback.answer(request, signal);
        return {
          ...result,
          degraded: [...new Set([...(result.degraded ?? []), modelUnavailable])],
        };
      }
      if (first.done) return first.value;
      yield first.value;
      return yield* parts;
    },
  };
}
