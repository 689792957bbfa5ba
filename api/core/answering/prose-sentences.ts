const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** A point behind these ends no sentence; "No." and its like only before a number. */
const abbreviations =
  /\b(?:e\.g|i\.e|cf|vs|resp|approx|Dr|Mr|Mrs|Ms|Prof|St)\.(?=\s)|\b(?:No|Nos|Fig|Eq|Sec|Ch|p|pp|Vol)\.(?=\s+\d)/gi;
const abbreviated =
  /(?:^|[^\p{L}\p{N}])(?:e\.\s?g|i\.\s?e|cf|vs|resp|approx|Dr|Mr|Mrs|Ms|Prof|z\.\s?B|d\.\s?h|u\.\s?a|bzw|ca|vgl|p\.\s?ex|p\.\s?ej)$/iu;
/** "J. Smith"; not the last letter of "don't." */
const initials = /(?<![\p{L}\p{N}'’])[A-Z]\.(?=\s)/gu;
const url = /https?:\/\/[^\s<>()]*[^\s<>().,;:!?'"*_]/g;

/**
 * The sentences of a paragraph by the rules of Unicode (UAX 29), in order, each an exact substring
 * without white space around it, lines of a wrapped paragraph joined. Code, addresses and
 * abbreviations are no places to end a sentence.
 */
export function splitProse(text: string): { text: string; start: number }[] {
  const masked = maskMarks(text);
  const sentences: { text: string; start: number }[] = [];
  let from = 0;
  for (const { index, segment } of segmenter.segment(masked)) {
    const to = index + segment.length;
    // Between "?" and "page=1" there is no space, so it is no end; only some scripts need none.
    if (to < text.length && !/[\s。！？]$/.test(segment)) continue;
    const raw = text.slice(from, to);
    const sentence = raw.trim();
    const start = from + raw.length - raw.trimStart().length;
    if (/\p{L}/u.test(sentence)) sentences.push({ text: sentence, start });
    from = to;
  }
  return sentences;
}

/** Whether the words that end at a place, with a point behind them, are an abbreviation, which ends no sentence. */
export function endsInAbbreviation(text: string, end: number): boolean {
  const before = text.slice(Math.max(0, end - 8), end);
  if (abbreviated.test(before)) return true;
  return (
    /(?:^|[^\p{L}\p{N}])(?:Nos?|Nr|Fig|Eq|Sec|Ch|pp?|Vol|Abb)$/iu.test(before) &&
    /^\.\s+\d/.test(text.slice(end, end + 8))
  );
}

/** The text with letters in place of what only looks like an end; every offset stays as it is. */
function maskMarks(text: string): string {
  return text
    .replace(/\s/g, " ")
    .replace(/`[^`]*`/g, toLetters)
    .replace(url, toLetters)
    .replace(abbreviations, toLetters)
    .replace(initials, toLetters)
    .replace(
      /([.!?…])([*_~]{1,4})/g,
      (_, end: string, marks: string) => end + ")".repeat(marks.length),
    );
}

/** Capitals, since a sentence may begin with code. */
function toLetters(match: string): string {
  return "X".repeat(match.length);
}
