/** A passage's vector. */
export interface PassageVector {
  /** The passage's id. */
  readonly id: string;
  readonly documentId: string;
  readonly values: readonly number[];
}

export interface VectorMatch {
  /** The passage's id. */
  readonly id: string;
  /** Cosine similarity, from -1 to 1. */
  readonly score: number;
}

/**
 * Vectors of passages, for each tenant apart. What was written may be seen a moment later only. A vector may outlive
 * its passage for a while: PostgreSQL says which passages there are.
 * @throws RetrievalServiceError, each method, when the service can't be reached, refuses or answers with nonsense;
 * what the signal was aborted with.
 */
export interface VectorIndex {
  /** Adds vectors, any number; those of the same ids are replaced. */
  upsert(tenantId: string, vectors: readonly PassageVector[], signal?: AbortSignal): Promise<void>;
  /** The nearest, best first. */
  query(
    tenantId: string,
    values: readonly number[],
    limit: number,
    signal?: AbortSignal,
  ): Promise<readonly VectorMatch[]>;
  /** Those that aren't there are passed over. */
  remove(tenantId: string, ids: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Which of these are there. */
  find(tenantId: string, ids: readonly string[], signal?: AbortSignal): Promise<readonly string[]>;
  /** All vectors of a document, of whatever version; nothing to remove is no error. */
  removeDocument(tenantId: string, documentId: string, signal?: AbortSignal): Promise<void>;
  /** The ids of a document's vectors, of whatever version; where there are many, a hundred of them. */
  findDocument(
    tenantId: string,
    documentId: string,
    signal?: AbortSignal,
  ): Promise<readonly string[]>;
  /** All that a tenant has; a tenant that has nothing is no error. */
  removeTenant(tenantId: string, signal?: AbortSignal): Promise<void>;
  /** How many vectors a tenant has. */
  count(tenantId: string, signal?: AbortSignal): Promise<number>;
}
