import { type AskedQuestion, type AskedTerm, reachOf } from "./asked-terms.ts";
import { type RankingParameters, weighTerm } from "./bm25.ts";
import type { IndexStatistics, SearchIndex, SimilarTerm } from "./search-index.ts";
import { countSlips, listSpellings } from "./spelling.ts";

/** What a word counts that was only found in another spelling. */
export const correctedShare = 0.8;

/** Unknown words that are looked up, at most. */
const mostWords = 4;

/**
 * The question with its unknown words taken for the likest words that the index knows, or undefined where there are
 * none. What a text can reach is what it would be had they been spelt right.
 */
export async function correctTerms(
  index: SearchIndex,
  question: AskedQuestion,
  statistics: IndexStatistics,
  { prior }: RankingParameters,
): Promise<AskedQuestion | undefined> {
  const unknown = question.terms.filter(({ passages }) => passages === 0).slice(0, mostWords);
  const corrected = new Map<AskedTerm, AskedTerm>();
  for (const term of unknown) {
    const meant = await findMeant(index, term);
    if (!meant) continue;
    const weight = term.places.length * weighTerm(statistics.passages, meant.passages, prior);
    corrected.set(term, { ...term, passages: meant.passages, weight, corrected: meant.term });
  }
  if (corrected.size === 0) return undefined;
  const asMeant = question.terms.map((term) => corrected.get(term) ?? term);
  const terms = asMeant.map((term) =>
    term.corrected ? { ...term, weight: correctedShare * term.weight } : term,
  );
  return { terms, reach: reachOf(asMeant) };
}

/** The term with the fewest slips; of equal ones the commonest. */
async function findMeant(index: SearchIndex, term: AskedTerm): Promise<SimilarTerm | undefined> {
  const spellings = listSpellings(term.word, term.forms);
  if (spellings.length === 0) return undefined;
  let best: SimilarTerm | undefined;
  let fewest = Infinity;
  for (const similar of await index.findSimilar(term.word)) {
    const slips = countSlips(spellings, similar.term);
    if (slips === undefined || slips > fewest) continue;
    if (slips === fewest && best && isBetter(best, similar)) continue;
    best = similar;
    fewest = slips;
  }
  return best;
}

function isBetter(a: SimilarTerm, b: SimilarTerm): boolean {
  return a.passages > b.passages || (a.passages === b.passages && a.term <= b.term);
}
