const stopWords = new Set(
  (
    "a about all also am an and any are as at be been but by can could did do does for from had has have he her him his how " +
    "i if in into is it its me my no nor not of on or our she should so than that the their them then there these they " +
    "this those to too us was we were what when where which who whom why will with would you your"
  ).split(" "),
);

/** The words of a text that carry meaning: lower-case, with plain English endings folded away. */
export function findWords(text: string): string[] {
  const words =
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.filter((word) => !stopWords.has(word)).map(foldWord);
}

/** `passages` → `passage`, `queries` → `query`, `streamed` and `streaming` → `stream`. */
export function foldWord(word: string): string {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (word.length > 3 && /[^su]s$/.test(word)) return foldVerb(word.slice(0, -1));
  return foldVerb(word);
}

function foldVerb(word: string): string {
  const stem = /^(.*[aeiouy].*?)(?:ing|ed)$/.exec(word)?.[1];
  const base = stem !== undefined && stem.length > 2 ? stem : word;
  // `stored` leaves `stor` and `stopped` leaves `stopp`, so that `store` and `stop` have to follow.
  return base.replace(/([^aeiouls])\1$/, "$1").replace(/(?<=..)e$/, "");
}

/** How much a word tells among many texts: the fewer texts have it, the more. */
export type WordWeights = (word: string) => number;

export function weighWords(texts: readonly (readonly string[])[]): WordWeights {
  const counts = new Map<string, number>();
  for (const words of texts)
    for (const word of new Set(words)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return (word) => Math.log(1 + (texts.length + 1) / ((counts.get(word) ?? 0) + 0.5));
}

/** How much of the question's weight stands in a text, from 0 to 1; repeated words count a little more. */
export function scoreWords(
  question: readonly string[],
  text: readonly string[],
  weigh: WordWeights,
): number {
  let found = 0;
  let all = 0;
  for (const word of new Set(question)) {
    const times = text.filter((candidate) => candidate === word).length;
    all += weigh(word);
    found += weigh(word) * (times / (times + 0.25));
  }
  return all === 0 ? 0 : found / all;
}
