import type { AskedTerm } from "./asked-terms.ts";
import type { RankingParameters } from "./bm25.ts";
import {
  mergePostings,
  type RankedPlace,
  rankPassages,
  type WeightedPostings,
} from "./rank-passages.ts";
import type { Postings, SearchIndex } from "./search-index.ts";

export interface TermSearch {
  readonly terms: readonly AskedTerm[];
  /** In words. */
  readonly averageLength: number;
  readonly parameters: RankingParameters;
  /** How many passages are wanted in the end. */
  readonly limit: number;
  /** The least sum of BM25 of a result. */
  readonly least: number;
}

/** How many mentions are read without asking whether all of them are needed. */
const cheap = 20_000;

/** The passages that may be helped by where the words stand. */
const pooled = 50;

const nothing: Postings = {
  size: 0,
  documents: new Int32Array(0),
  ranks: new Int32Array(0),
  texts: new Int32Array(0),
  headings: new Int32Array(0),
  titles: new Int32Array(0),
  lengths: new Int32Array(0),
};

/**
 * The best passages by the sum of BM25, of which the `limit` best are found whatever help each of them gets later, up
 * to the share `phrase` of its sum. Rare terms are read first. The postings of common ones are read only for the
 * documents that rare ones have brought as soon as nothing else can come in: a passage with none of the terms read so
 * far has less than the sum of the other weights times k1 + 1.
 * @param readAtOnce mentions; 20,000 unless told.
 */
export async function searchTerms(
  index: SearchIndex,
  search: TermSearch,
  readAtOnce = cheap,
): Promise<RankedPlace[]> {
  const known = search.terms.filter(({ passages }) => passages > 0);
  const waiting = known.toSorted((a, b) => a.passages - b.passages);
  const read = new Map<AskedTerm, Postings>();
  while (waiting.length > 0) {
    const next = takeCheap(waiting, readAtOnce);
    for (const [term, postings] of await readTerms(index, next)) read.set(term, postings);
    const documents = waiting.length > 0 ? findEnough(search, known, waiting, read) : undefined;
    if (!documents) continue;
    for (const [term, postings] of await readTerms(index, waiting, documents))
      read.set(term, postings);
    break;
  }
  const best = rankPassages(
    toWeighted(known, read),
    search.averageLength,
    search.parameters,
    Math.max(search.limit, pooled),
  );
  return best.filter(({ sum }) => sum * (1 + search.parameters.phrase) >= leastOf(search, best));
}

/** Takes the rarest terms that are read at once, one at least. */
function takeCheap(waiting: AskedTerm[], readAtOnce: number): AskedTerm[] {
  let sum = 0;
  const end = waiting.findIndex(({ passages }, i) => {
    sum += passages;
    return i > 0 && sum > readAtOnce;
  });
  return waiting.splice(0, end === -1 ? waiting.length : end);
}

/** The documents that hold all results, once that is certain. */
function findEnough(
  search: TermSearch,
  known: readonly AskedTerm[],
  waiting: readonly AskedTerm[],
  read: ReadonlyMap<AskedTerm, Postings>,
): number[] | undefined {
  const { averageLength, parameters, limit } = search;
  const { k1, phrase } = parameters;
  const others = sumWeights(waiting) * (k1 + 1);
  // What has been read brings no passage that far.
  if (others * (1 + phrase) >= sumWeights([...read.keys()]) * (k1 + 1)) return undefined;
  const weighted = toWeighted(known, read);
  const best = rankPassages(weighted, averageLength, parameters, limit);
  const least = leastOf(search, best);
  if (others * (1 + phrase) >= least) return undefined;
  const all = rankPassages(weighted, averageLength, parameters, Infinity);
  const able = all.filter(({ sum }) => (sum + others) * (1 + phrase) >= least);
  return [...new Set(able.map(({ document }) => document))];
}

function sumWeights(terms: readonly AskedTerm[]): number {
  return terms.reduce((sum, { weight }) => sum + weight, 0);
}

/** What the last result has at least. */
function leastOf({ limit, least }: TermSearch, best: readonly RankedPlace[]): number {
  return Math.max(least, best[limit - 1]?.sum ?? 0);
}

/** In the order of the question, so that sums don't depend on what was read when. */
function toWeighted(
  known: readonly AskedTerm[],
  read: ReadonlyMap<AskedTerm, Postings>,
): WeightedPostings[] {
  return known.flatMap((term) => {
    const postings = read.get(term);
    return postings ? [{ weight: term.weight, postings }] : [];
  });
}

/** The postings of each term: those of all its forms together. */
export async function readTerms(
  index: SearchIndex,
  terms: readonly AskedTerm[],
  documents?: readonly number[],
): Promise<Map<AskedTerm, Postings>> {
  const forms = terms.flatMap((term) => term.corrected ?? term.forms);
  const byForm = await index.readPostings([...new Set(forms)], documents);
  return new Map(
    terms.map((term) => {
      const found = (term.corrected ? [term.corrected] : term.forms).flatMap(
        (form) => byForm.get(form) ?? [],
      );
      const [first = nothing, ...rest] = found;
      return [term, rest.reduce(mergePostings, first)];
    }),
  );
}
