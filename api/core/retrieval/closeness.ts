import type { AskedTerm } from "./asked-terms.ts";
import type { TextAnalyzer } from "./text-analyzer.ts";

/** What words count that stand together as asked, in the same order nearby, or around each other. */
const shares = { asAsked: 1, near: 0.5, around: 0.25 } as const;
const reach = { asked: 3, near: 3, around: 8 } as const;

/** In a question of many pairs it tells little that some stand together: closeness counts less. */
const mostPairs = 6;

/**
 * How much of what the question says in a row stands together in one of the texts, from 0 to 1: neighbouring terms of
 * the question are looked for in the same order and as far apart, else near one another.
 */
export function measureCloseness(
  analyzer: TextAnalyzer,
  language: string,
  terms: readonly AskedTerm[],
  texts: readonly string[],
): number {
  const pairs = listPairs(terms);
  if (pairs.length === 0) return 0;
  const found = texts.map((text) => findPlaces(analyzer, language, terms, text));
  let together = 0;
  let all = 0;
  for (const { first, second, distance } of pairs) {
    const weight = Math.min(first.weight, second.weight);
    const share = found.map((places) =>
      sharePair(places.get(first) ?? [], places.get(second) ?? [], distance),
    );
    all += weight;
    together += weight * Math.max(...share);
  }
  return (together / all) * Math.min(1, mostPairs / pairs.length);
}

interface Pair {
  readonly first: AskedTerm;
  readonly second: AskedTerm;
  /** In the question. */
  readonly distance: number;
}

function listPairs(terms: readonly AskedTerm[]): Pair[] {
  const asked = terms
    .flatMap((term) => term.places.map((place) => ({ term, place })))
    .toSorted((a, b) => a.place - b.place);
  return asked.flatMap(({ term: second, place }, i) => {
    const before = asked[i - 1];
    if (!before || before.term === second) return [];
    const distance = place - before.place;
    return distance > reach.asked ? [] : [{ first: before.term, second, distance }];
  });
}

function findPlaces(
  analyzer: TextAnalyzer,
  language: string,
  terms: readonly AskedTerm[],
  text: string,
): Map<AskedTerm, number[]> {
  const byForm = new Map(
    terms.flatMap((term) => [...term.forms, term.corrected ?? ""].map((form) => [form, term])),
  );
  const places = new Map<AskedTerm, number[]>();
  for (const [place, { word }] of analyzer.findWords(text).entries()) {
    const term = byForm.get(analyzer.stem(word, language));
    if (!term) continue;
    const known = places.get(term);
    if (known) known.push(place);
    else places.set(term, [place]);
  }
  return places;
}

/** Both lists ascend, and are gone through once. */
function sharePair(first: readonly number[], second: readonly number[], distance: number): number {
  let best = 0;
  let from = 0;
  for (const place of first) {
    while ((second[from] ?? Infinity) < place - reach.around) from += 1;
    for (let i = from; i < second.length; i += 1) {
      const between = (second[i] ?? 0) - place;
      if (between > reach.around) break;
      if (between === distance || between === 1) return shares.asAsked;
      if (between > 0 && between <= reach.near) best = Math.max(best, shares.near);
      else if (Math.abs(between) <= reach.around) best = Math.max(best, shares.around);
    }
  }
  return best;
}
