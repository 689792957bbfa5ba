import type { AskedQuestion, AskedTerm } from "./asked-terms.ts";
import { correctedShare } from "./correct-terms.ts";
import { countSlips, listSpellings } from "./spelling.ts";
import type { TextAnalyzer } from "./text-analyzer.ts";

/** UTF-16 units of a sentence that are looked at. */
const longest = 4000;

/** How much of the question's weight stands in a sentence, from 0 to 1. */
export function scoreSentence(
  analyzer: TextAnalyzer,
  languages: readonly string[],
  { terms, reach }: AskedQuestion,
  sentence: string,
): number {
  const stems = new Set<string>();
  for (const { word } of analyzer.findWords(sentence.slice(0, longest)))
    for (const language of languages) stems.add(analyzer.stem(word, language));
  const sum = terms.reduce((found, term) => found + term.weight * shareIn(stems, term), 0);
  return reach > 0 ? Math.min(1, sum / reach) : 0;
}

/** A word that the index doesn't know may be a misspelt one of the sentence. */
function shareIn(stems: ReadonlySet<string>, { word, forms, passages }: AskedTerm): number {
  if (forms.some((form) => stems.has(form))) return 1;
  if (passages > 0) return 0;
  const spellings = listSpellings(word, forms);
  const isMeant = [...stems].some((stem) => countSlips(spellings, stem) !== undefined);
  return isMeant ? correctedShare : 0;
}
