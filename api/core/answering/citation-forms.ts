/**
 * What may stand between the brackets of a citation, as models write it: `1`, `1, 3`, `1; 2 and 4`, `^1`, `Source 1`,
 * `1†source`, `1, p. 4`, the range `1-3`, and `4:1†source`, whose first number counts. element/markdown/citations.ts reads the same.
 */
const label = String.raw`(?:sources?|passages?|documents?|docs?\.?|references?|refs?\.?|citations?|quellen?|fuentes?|fontes?|fonti|bron(?:nen)?)(?:\s*[:#]|\s+(?:no\.|nr\.|number))?\s*`;
const number = String.raw`\^?\d{1,3}(?:\s*[-–]\s*\^?\d{1,3})?`;
const separator = String.raw`\s*(?:[,;&+]|,?\s(?:and|or|und|oder|et|ou|y|e|en)\s)\s*`;
const page = String.raw`(?:\s*,\s*(?:pp?|pages?|S|Seiten?)\.?\s*\d{1,5}(?:\s*[-–]\s*\d{1,5})?)?`;
const marker = String.raw`(?:\s*†[^\]】］\n]{0,60})?`;
const list = new RegExp(
  String.raw`^\s*(?:${label})?(${number}(?:${separator}(?:${label})?${number})*)${page}${marker}\s*$`,
  "i",
);

/** OpenAI's own: `4:1†source`. */
const paired = /^\s*(\d{1,3}):\d{1,4}\s*†[^\]】］\n]{0,60}$/;
/** Numbers of one range; what is longer, or runs backwards, is no citation. */
const longestRange = 20;

/** UTF-16 units between the brackets of a citation. */
export const longestForm = 1200;

/** The numbers that the words between two brackets cite; undefined where they cite nothing. */
export function readNumbers(inner: string): number[] | undefined {
  if (inner.length > longestForm || !/\d/.test(inner)) return undefined;
  const first = paired.exec(inner)?.[1];
  if (first !== undefined) return [Number(first)];
  const parts = list.exec(inner)?.[1]?.matchAll(/(\d+)(?:\s*[-–]\s*\^?(\d+))?/g);
  if (!parts) return undefined;
  const numbers: number[] = [];
  for (const [, from, to = from] of parts) {
    const [start, end] = [Number(from), Number(to)];
    if (end < start || end - start >= longestRange) return undefined;
    for (let number = start; number <= end; number += 1) numbers.push(number);
  }
  return [...new Set(numbers)];
}
