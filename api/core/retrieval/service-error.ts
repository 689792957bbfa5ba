/** Which service beside the database failed. */
export type RetrievalService = "embeddings" | "vectors";

/**
 * Embeddings or vectors can't be had. The text is for the log: it holds neither keys nor words of a document or a
 * question.
 */
export class RetrievalServiceError extends Error {
  override readonly name = "RetrievalServiceError";
  readonly service: RetrievalService;
  /** Whether the same may work later; otherwise the configuration has to be mended. */
  readonly mayPass: boolean;

  constructor(service: RetrievalService, text: string, mayPass: boolean) {
    super(text);
    this.service = service;
    this.mayPass = mayPass;
  }
}
