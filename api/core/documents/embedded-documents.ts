import type { Tenant } from "../tenant.ts";

/** What the store knows of the vectors that a question would be compared with. */
export interface EmbeddingState {
  /** Whether some document that answers questions isn't embedded in the space. */
  readonly isBehind: boolean;
  /** Of the documents that were named, those: what vectors say of them means nothing. */
  readonly stale: ReadonlySet<string>;
}

/** Which documents are embedded, and by what. A space is as `VectorDeps` says. */
export interface EmbeddedDocuments {
  readState(tenant: Tenant, space: string, documentIds: readonly string[]): Promise<EmbeddingState>;
  /**
   * Has documents that aren't embedded in the space read once more, in the background: a bounded
   * number at once, none that is under way or whose newest version has failed. To be called again when one of them is
   * done. A failure is logged: the next call tries again.
   */
  embedBehind(tenant: Tenant, space: string): Promise<void>;
}
