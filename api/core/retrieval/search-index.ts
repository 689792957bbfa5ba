import type { Passage } from "../documents/retriever.ts";
import type { Tenant } from "../tenant.ts";

/** The mentions of one term in parallel columns, in the order of their documents' numbers and then ranks. */
export interface Postings {
  readonly size: number;
  readonly documents: Int32Array;
  readonly ranks: Int32Array;
  readonly texts: Int32Array;
  readonly headings: Int32Array;
  readonly titles: Int32Array;
  readonly lengths: Int32Array;
}

/** Where a passage stands in the index. */
export interface Place {
  /** The number that the index gave the document when it was last put: later ones have higher numbers. */
  readonly document: number;
  readonly rank: number;
}

export interface IndexStatistics {
  /** False while documents wait that another release has put: they can't be found yet. */
  readonly isComplete: boolean;
  /** Of the whole index. */
  readonly passages: number;
  /** Of all passages' texts together, in words. */
  readonly length: number;
  /** Of the documents, the commonest first. */
  readonly languages: readonly string[];
  /** How many passages have each of the asked terms; no entry for none. */
  readonly frequencies: ReadonlyMap<string, number>;
}

export interface IndexedPassage extends Place {
  readonly passage: Omit<Passage, "score">;
  readonly language: string;
}

/** A tenant's index, as it is at one moment. */
export interface SearchIndex {
  readStatistics(terms: readonly string[]): Promise<IndexStatistics>;
  /** @param documents of these alone; of all where it is left out. */
  readPostings(
    terms: readonly string[],
    documents?: readonly number[],
  ): Promise<ReadonlyMap<string, Postings>>;
  /** In no order. */
  readPassages(places: readonly Place[]): Promise<readonly IndexedPassage[]>;
  /** Terms that are spelt much like this one, the likest first; none where the index can't tell. */
  findSimilar(term: string): Promise<readonly SimilarTerm[]>;
}

export interface SimilarTerm {
  readonly term: string;
  readonly passages: number;
}

/** Opens the index of a tenant; `read` may be called again when the index has changed meanwhile. */
export type ReadIndex = <Result>(
  tenant: Tenant,
  read: (index: SearchIndex) => Promise<Result>,
) => Promise<Result>;
