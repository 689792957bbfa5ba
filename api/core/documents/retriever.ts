import type { Tenant } from "../tenant.ts";

/** A searchable piece of a document, as found for a question. */
export interface Passage {
  readonly id: string;
  readonly documentId: string;
  readonly title: string;
  readonly url: string | null;
  readonly heading: string;
  /** Where its document has pages, the one on which it begins, from 1. */
  readonly page: number | null;
  readonly text: string;
  /** Where `text` begins in the document's text (UTF-16 units). */
  readonly start: number;
  /** Relevance from 0 to 1. */
  readonly score: number;
}

export interface Retrieval {
  /** Best first; none when nothing is relevant. */
  readonly passages: readonly Passage[];
  /** What the search had to do without, such as `retrieval_lexical`; empty when all went as it should. */
  readonly degraded: readonly string[];
}

export interface Retriever {
  /** Finds the best passages for a question. An outage of a service beside the database is no error: see `degraded`. */
  retrieve(
    tenant: Tenant,
    question: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<Retrieval>;
}

/** Scores sentences against a question with the tenant's own search language, each from 0 to 1. */
export interface SentenceScorer {
  scoreSentences(tenant: Tenant, question: string, sentences: readonly string[]): Promise<number[]>;
  /**
   * How many different words of a question are looked for, at most 8: a score times this is how many of them a text has,
   * each counted by how much it tells.
   */
  countWords(tenant: Tenant, question: string): Promise<number>;
}
