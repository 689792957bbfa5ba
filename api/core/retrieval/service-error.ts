/** Which service beside the database failed. */
export type RetrievalService = "embeddings" | "vectors";

/**
 * `unavailable`: the same may work later. `misconfigured`: somebody has to mend key, address, model or index.
 * `refused`: the service won't have this one text.
 */
export type RetrievalFailure = "unavailable" | "misconfigured" | "refused";

/**
 * Embeddings or vectors can't be had. The text is for the log: it holds neither keys nor words of a document or a
 * question.
 */
export class RetrievalServiceError extends Error {
  override readonly name = "RetrievalServiceError";
  readonly service: RetrievalService;
  readonly failure: RetrievalFailure;
  /** How long the service wants to be left alone; undefined when it doesn't say. */
  readonly retryAfterMs: number | undefined;

  constructor(
    service: RetrievalService,
    failure: RetrievalFailure,
    text: string,
    retryAfterMs?: number,
  ) {
    super(`${service}: ${text}`);
    this.service = service;
    this.failure = failure;
    this.retryAfterMs = retryAfterMs;
  }
}
