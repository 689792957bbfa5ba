/** Words in the proportions of natural language, the same for the same seed. */
export interface ZipfText {
  /** A text of that many words. */
  write(words: number): string;
  /** A word of that rank among all, 0 for the commonest. */
  wordAt(rank: number): string;
  /** A whole number below `end`. */
  below(end: number): number;
}

const consonants = "bdfgklmnprstvz";
const vowels = "aiou";

/** @param vocabulary how many words there are; each half as common as one of half its rank. */
export function createZipfText(seed: number, vocabulary: number): ZipfText {
  let state = seed >>> 0;
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const sums = new Float64Array(vocabulary);
  let total = 0;
  for (let rank = 0; rank < vocabulary; rank += 1) sums[rank] = total += 1 / (rank + 1);
  const rankOf = (share: number) => {
    let [low, high] = [0, vocabulary - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < share * total) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    write: (words) => Array.from({ length: words }, () => spell(rankOf(next()))).join(" "),
    wordAt: spell,
    below: (end) => Math.floor(next() * end),
  };
}

/** Four syllables and an "x", so that no word is short, common in a language, or has an ending that is cut off. */
function spell(rank: number): string {
  let word = "";
  for (let i = 0, rest = rank; i < 4; i += 1) {
    word += (consonants[rest % consonants.length] ?? "") + (vowels[rest % vowels.length] ?? "");
    rest = Math.floor(rest / consonants.length);
  }
  return `${word}${rank % 7}x`.replace(/\d/, (digit) => consonants[Number(digit)] ?? "");
}
