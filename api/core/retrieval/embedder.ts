/** Turns texts into vectors whose nearness is nearness of meaning. */
export interface Embedder {
  /** Vectors of different models can't be compared. */
  readonly model: string;
  /**
   * A vector for each text, in the order of the texts; any number of texts, of any length: what is longer than the
   * model reads is cut.
   * @throws RetrievalServiceError when the service can't be reached, refuses or answers with nonsense; what the signal
   * was aborted with.
   */
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly (readonly number[])[]>;
}
