import type { Clock, Logger } from "../ports.ts";
import { createCircuit } from "./circuit.ts";
import type { Embedder } from "./embedder.ts";
import { RetrievalServiceError } from "./service-error.ts";
import type { VectorIndex, VectorMatch } from "./vector-index.ts";

export interface VectorSearchDeps {
  readonly embedder: Embedder;
  readonly vectors: VectorIndex;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds that a question waits for embedding and vectors together. */
  readonly deadlineMs: number;
  /** Cosine similarity below which two texts have nothing to do with each other; a matter of the model. */
  readonly leastSimilarity: number;
}

export interface VectorSearch {
  /**
   * The ids of the passages that are nearest in meaning, best first; undefined where that can't be told at the moment,
   * which is logged once for an outage. Throws only what the signal was aborted with.
   */
  search(
    tenantId: string,
    question: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly VectorMatch[] | undefined>;
  /** False from a failure until the next success. */
  readonly isUp: boolean;
}

export function createVectorSearch(deps: VectorSearchDeps): VectorSearch {
  const { embedder, vectors, clock, logger, deadlineMs, leastSimilarity } = deps;
  const circuit = createCircuit(clock);

  async function ask(tenantId: string, question: string, limit: number, signal: AbortSignal) {
    const [values] = await embedder.embed([question], signal);
    if (!values) throw new RetrievalServiceError("embeddings", "unavailable", "no vector came");
    const matches = await vectors.query(tenantId, values, limit, signal);
    return matches.slice(0, limit).filter(({ score }) => score >= leastSimilarity);
  }

  function fail(error: unknown, isLate: boolean): void {
    if (!isLate && error instanceof RetrievalServiceError && error.failure === "refused") {
      // It is about this question alone.
      circuit.gaveUp();
      logger.warn({ reason: error.message }, "A question was searched by its words alone");
      return;
    }
    if (!circuit.failed()) return;
    const text = "Vectors can't be had: questions are searched by their words alone";
    if (isLate) logger.warn({ reason: `no answer within ${deadlineMs} ms` }, text);
    else if (error instanceof RetrievalServiceError) logger.warn({ reason: error.message }, text);
    else logger.error({ err: error }, text);
  }

  return {
    async search(tenantId, question, limit, signal) {
      if (question.trim() === "") return [];
      if (!circuit.mayAsk()) return undefined;
      const late = new AbortController();
      const cancelTimer = clock.after(deadlineMs, () => late.abort());
      try {
        const matches = await ask(
          tenantId,
          question,
          limit,
          AbortSignal.any([signal, late.signal]),
        );
        if (circuit.succeeded()) logger.info({}, "Questions are searched with vectors again");
        return matches;
      } catch (error) {
        if (signal.aborted) {
          circuit.gaveUp();
          throw error;
        }
        fail(error, late.signal.aborted);
        return undefined;
      } finally {
        cancelTimer();
      }
    },
    get isUp() {
      return circuit.isUp;
    },
  };
}
