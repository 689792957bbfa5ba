/**
 * What may stand between the brackets of a citation, as models write it: `1`, `1, 3`, `1; 2 and 4`, `^1`, `Source 1`,
 * `1†source` and `1, p. 4`. element/markdown/citations.ts reads the same.
 */
const label = String.raw`(?:sources?|passages?|documents?|docs?\.?|references?|refs?\.?|citations?|quellen?|fuentes?|fontes?|fonti|bron(?:nen)?)(?:\s*[:#]|\s+(?:no\.|nr\.|number))?\s*`;
const number = String.raw`\^?\d{1,3}`;
const separator = String.raw`\s*(?:[,;&+]|,?\s(?:and|or|und|oder|et|ou|y|e|en)\s)\s*`;
const page = String.raw`(?:\s*,\s*(?:pp?|pages?|S|Seiten?)\.?\s*\d{1,5}(?:\s*[-–]\s*\d{1,5})?)?`;
const marker = String.raw`(?:\s*†[^\]】］\n]{0,60})?`;
const list = new RegExp(
  String.raw`^\s*(?:${label})?(${number}(?:${separator}(?:${label})?${number})*)${page}${marker}\s*$`,
  "i",
);

/** UTF-16 units between the brackets of a citation. */
export const longestForm = 1200;

/** The numbers that the words between two brackets cite; undefined where they cite nothing. */
export function readNumbers(inner: string): number[] | undefined {
  if (inner.length > longestForm || !/\d/.test(inner)) return undefined;
  return list.exec(inner)?.[1]?.match(/\d+/g)?.map(Number);
}
