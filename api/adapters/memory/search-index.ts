import type { Passage } from "../../core/documents/retriever.ts";
import type { DocumentTerms, Mention } from "../../core/retrieval/document-terms.ts";
import type { Postings, SearchIndex } from "../../core/retrieval/search-index.ts";

/** What the index holds of a document. */
export interface IndexedDocument {
  readonly terms: DocumentTerms;
  readonly passages: readonly Omit<Passage, "score">[];
}

/** The index over documents by their numbers. */
export function indexDocuments(documents: ReadonlyMap<number, IndexedDocument>): SearchIndex {
  const all = [...documents].toSorted(([a], [b]) => a - b);
  const count = (term: string) =>
    all.reduce((sum, [, { terms }]) => sum + (terms.terms.get(term)?.length ?? 0), 0);
  return {
    async readStatistics(terms) {
      const frequencies = terms.map((term): [string, number] => [term, count(term)]);
      return {
        isComplete: true,
        passages: all.reduce((sum, [, one]) => sum + one.terms.passages, 0),
        length: all.reduce((sum, [, one]) => sum + one.terms.length, 0),
        languages: rankLanguages(all.map(([, one]) => one.terms.language)),
        frequencies: new Map(frequencies.filter(([, passages]) => passages > 0)),
      };
    },
    async readPostings(terms, only) {
      const chosen = only ? all.filter(([number]) => only.includes(number)) : all;
      const found = terms.map((term): [string, Postings] => [term, listPostings(chosen, term)]);
      return new Map(found.filter(([, { size }]) => size > 0));
    },
    async readPassages(places) {
      return places.flatMap(({ document, rank }) => {
        const indexed = documents.get(document);
        const passage = indexed?.passages[rank];
        return passage ? [{ document, rank, passage, language: indexed.terms.language }] : [];
      });
    },
    async findSimilar(term) {
      const known = new Set(all.flatMap(([, one]) => [...one.terms.terms.keys()]));
      return [...known]
        .filter((other) => other[0] === term[0] && Math.abs(other.length - term.length) <= 5)
        .map((other) => ({ term: other, passages: count(other) }));
    },
  };
}

function rankLanguages(languages: readonly string[]): string[] {
  const groups = [...Map.groupBy(languages, (language) => language)];
  return groups
    .toSorted(([a, m], [b, n]) => n.length - m.length || (a < b ? -1 : 1))
    .map(([language]) => language);
}

function listPostings(
  documents: readonly (readonly [number, IndexedDocument])[],
  term: string,
): Postings {
  const found = documents.flatMap(([document, { terms }]) =>
    (terms.terms.get(term) ?? []).map((mention) => ({ document, mention })),
  );
  const column = (read: (mention: Mention) => number) =>
    Int32Array.from(found, ({ mention }) => read(mention));
  return {
    size: found.length,
    documents: Int32Array.from(found, ({ document }) => document),
    ranks: column(({ rank }) => rank),
    texts: column(({ text }) => text),
    headings: column(({ heading }) => heading),
    titles: column(({ title }) => title),
    lengths: column(({ length }) => length),
  };
}
