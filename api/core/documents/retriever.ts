import type { Tenant } from "../tenant.ts";

/** A searchable piece of a document, as found for a question. */
export interface Passage {
  readonly id: string;
  readonly documentId: string;
  readonly title: string;
  readonly url: string | null;
  readonly heading: string;
  readonly text: string;
  /** Where `text` begins in the document's text (UTF-16 units). */
  readonly start: number;
  /** Relevance from 0 to 1. */
  readonly score: number;
}

export interface Retriever {
  /** The best passages for a question, best first; none when nothing is relevant. */
  retrieve(
    tenant: Tenant,
    question: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<Passage[]>;
}

/** Scores sentences against a question with the tenant's own search language, each from 0 to 1. */
export interface SentenceScorer {
  scoreSentences(tenant: Tenant, question: string, sentences: readonly string[]): Promise<number[]>;
}
