/** In letters. Shorter words have too many neighbours that mean something else; so have somewhat longer ones by a wrong letter. */
const least = { slip: 5, wrongLetter: 7, twoSlips: 9 } as const;

/** Letters of an ending that is left aside, where as many stay as `wrongLetter` wants: misspelt words have other stems. */
const longestEnding = 3;

/** What a word is compared with stems by: its own stems, and what it begins with. None for short words and numbers. */
export function listSpellings(word: string, stems: readonly string[]): string[] {
  if (word.length < least.slip || /\p{N}/u.test(word)) return [];
  const begins = Array.from({ length: longestEnding + 1 }, (_, ending) =>
    word.slice(0, word.length - ending),
  ).filter((begin) => begin.length >= least.wrongLetter);
  return [...new Set([...stems, ...begins])].filter((one) => one.length >= least.slip);
}

/**
 * Whether a word of these spellings may be meant for a word with that stem: a letter wrong, missing, too many or
 * swapped with its neighbour, in long words two, and never the first.
 * @returns the fewest slips that explain it, or undefined.
 */
export function countSlips(spellings: readonly string[], stem: string): number | undefined {
  let fewest: number | undefined;
  for (const spelling of spellings) {
    const slips = slipsBetween(spelling, stem);
    if (slips !== undefined && slips < (fewest ?? Infinity)) fewest = slips;
  }
  return fewest;
}

function slipsBetween(word: string, stem: string): number | undefined {
  const allowed = word.length < least.twoSlips ? 1 : 2;
  if (word[0] !== stem[0] || Math.abs(word.length - stem.length) > allowed) return undefined;
  if (word.length === stem.length && word.length < least.wrongLetter) {
    if (!isSwapped(word, stem)) return undefined;
  }
  if (/\p{N}/u.test(stem)) return undefined;
  const slips = measureDistance(word, stem);
  return slips > 0 && slips <= allowed ? slips : undefined;
}

/** Whether both have the same letters. */
function isSwapped(a: string, b: string): boolean {
  const sort = (word: string) => Array.from(word).toSorted().join("");
  return sort(a) === sort(b);
}

/** Damerau-Levenshtein distance, where no letter is moved twice. */
function measureDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
