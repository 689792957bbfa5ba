import { type Sentence, splitSentences } from "./sentences.ts";

/** UTF-16 units; the first sentence is taken whatever its length. */
const longestExcerpt = 400;
/** A neighbour's fit as a part of the best sentence's. */
const leastShare = 0.5;

/**
 * The stretch of a passage that fits a claim best: its sentence with the most of the claim's words,
 * rare ones weighing more, and the neighbours that fit too. With no word in common it is the beginning.
 */
export function chooseExcerpt(text: string, claim: string): { start: number; end: number } {
  const sentences = splitSentences(text);
  if (sentences.length === 0) return beginningOf(text);
  const fits = fitOf(sentences, claim);
  const best = fits.indexOf(Math.max(...fits));
  const least = (fits[best] ?? 0) * leastShare;
  let [from, to] = [best, best];
  const mayTake = (at: number, first: number, last: number): boolean =>
    (fits[at] ?? -1) >= least && spanOf(sentences, first, last).length <= longestExcerpt;
  while (mayTake(to + 1, from, to + 1)) to += 1;
  while (mayTake(from - 1, from - 1, to)) from -= 1;
  const { start, end } = spanOf(sentences, from, to);
  return { start, end };
}

function spanOf(sentences: readonly Sentence[], from: number, to: number) {
  const start = sentences[from]?.start ?? 0;
  const last = sentences[to];
  const end = last ? last.start + last.text.length : start;
  return { start, end, length: end - start };
}

function fitOf(sentences: readonly Sentence[], claim: string): number[] {
  const claimed = wordsOf(claim);
  const words = sentences.map(({ text }) => wordsOf(text));
  const holders = new Map<string, number>();
  for (const word of words.flatMap((set) => [...set])) {
    holders.set(word, (holders.get(word) ?? 0) + 1);
  }
  return words.map((set) =>
    set
      .intersection(claimed)
      .values()
      .reduce((sum, word) => sum + 1 / (holders.get(word) ?? 1), 0),
  );
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));
}

/** Of a text without a sentence; never ends between the two halves of a character. */
function beginningOf(text: string): { start: number; end: number } {
  const cut = text.slice(0, longestExcerpt);
  const isTorn = cut.length < text.length && !cut.isWellFormed() && text.isWellFormed();
  return { start: 0, end: cut.length - (isTorn ? 1 : 0) };
}
