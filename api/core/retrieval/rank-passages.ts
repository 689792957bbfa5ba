import { type RankingParameters, saturate, weighMentions } from "./bm25.ts";
import type { Place, Postings } from "./search-index.ts";

/** One thing that a question asks for, and where it stands. */
export interface WeightedPostings {
  readonly weight: number;
  readonly postings: Postings;
}

export interface RankedPlace extends Place {
  /** The sum of BM25. */
  readonly sum: number;
}

/**
 * The best passages by the sum of BM25 over the terms, best first; of equal ones the document with the lower number
 * comes first, and in it the passage with the lower rank. Goes through all postings at once, in their order.
 */
export function rankPassages(
  terms: readonly WeightedPostings[],
  averageLength: number,
  parameters: RankingParameters,
  limit: number,
): RankedPlace[] {
  const best = createBest(limit);
  const at = new Int32Array(terms.length);
  for (;;) {
    const next = nextPlace(terms, at);
    if (!next) return best.list();
    const { document, rank } = next;
    let sum = 0;
    for (let i = 0; i < terms.length; i += 1) {
      const { weight, postings } = terms[i] as WeightedPostings;
      const place = at[i] as number;
      if (place >= postings.size) continue;
      if (postings.documents[place] !== document || postings.ranks[place] !== rank) continue;
      sum += weight * countAt(postings, place, averageLength, parameters);
      at[i] = place + 1;
    }
    if (sum > 0) best.add({ document, rank, sum });
  }
}

/** Two terms' postings as those of one; where both stand in a passage, their mentions are added. */
export function mergePostings(a: Postings, b: Postings): Postings {
  const columns = { documents: [], ranks: [], texts: [], headings: [], titles: [], lengths: [] };
  const merged: Record<keyof typeof columns, number[]> = columns;
  const push = (from: Postings, place: number, more?: Postings, other = 0) => {
    merged.documents.push(from.documents[place] ?? 0);
    merged.ranks.push(from.ranks[place] ?? 0);
    merged.texts.push((from.texts[place] ?? 0) + (more?.texts[other] ?? 0));
    merged.headings.push((from.headings[place] ?? 0) + (more?.headings[other] ?? 0));
    merged.titles.push((from.titles[place] ?? 0) + (more?.titles[other] ?? 0));
    merged.lengths.push(from.lengths[place] ?? 0);
  };
  let [i, j] = [0, 0];
  while (i < a.size || j < b.size) {
    const order = j >= b.size ? -1 : i >= a.size ? 1 : comparePlaces(placeAt(a, i), placeAt(b, j));
    if (order < 0) push(a, i++);
    else if (order > 0) push(b, j++);
    else push(a, i++, b, j++);
  }
  return {
    size: merged.documents.length,
    documents: Int32Array.from(merged.documents),
    ranks: Int32Array.from(merged.ranks),
    texts: Int32Array.from(merged.texts),
    headings: Int32Array.from(merged.headings),
    titles: Int32Array.from(merged.titles),
    lengths: Int32Array.from(merged.lengths),
  };
}

export function placeAt(postings: Postings, place: number): Place {
  return { document: postings.documents[place] ?? 0, rank: postings.ranks[place] ?? 0 };
}

export function comparePlaces(a: Place, b: Place): number {
  return a.document - b.document || a.rank - b.rank;
}

function countAt(
  postings: Postings,
  place: number,
  averageLength: number,
  parameters: RankingParameters,
): number {
  const mentions = weighMentions(
    postings.texts[place] as number,
    postings.headings[place] as number,
    postings.titles[place] as number,
    parameters,
  );
  return saturate(mentions, postings.lengths[place] as number, averageLength, parameters);
}

/** The first place, in their order, that any of the postings has not been gone beyond. */
function nextPlace(terms: readonly WeightedPostings[], at: Int32Array): Place | undefined {
  let document = -1;
  let rank = 0;
  for (let i = 0; i < terms.length; i += 1) {
    const { postings } = terms[i] as WeightedPostings;
    const place = at[i] as number;
    if (place >= postings.size) continue;
    const otherDocument = postings.documents[place] as number;
    const otherRank = postings.ranks[place] as number;
    if (
      document < 0 ||
      otherDocument < document ||
      (otherDocument === document && otherRank < rank)
    ) {
      document = otherDocument;
      rank = otherRank;
    }
  }
  return document < 0 ? undefined : { document, rank };
}

/** Keeps the best of what it is given, as many as `limit`. */
function createBest(limit: number) {
  let kept: RankedPlace[] = [];
  let least = 0;
  const trim = () => {
    kept = kept.toSorted(compareRanked).slice(0, limit);
    least = kept.length < limit ? 0 : (kept.at(-1)?.sum ?? 0);
  };
  return {
    add(place: RankedPlace): void {
      // Places come in their order, so of equal ones the earlier stays.
      if (place.sum <= least) return;
      kept.push(place);
      if (kept.length >= 4 * limit + 100) trim();
    },
    list(): RankedPlace[] {
      trim();
      return kept;
    },
  };
}

function compareRanked(a: RankedPlace, b: RankedPlace): number {
  return b.sum - a.sum || comparePlaces(a, b);
}
