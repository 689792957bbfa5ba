import type { Line } from "./pdf-lines.ts";

/** Pages from which on a line at the edge can be told from the text. */
const leastPages = 4;
/** Lines at the top and at the bottom of a page that may be such. */
const depth = 2;

/**
 * The pages without the lines that stand at the top or the bottom of at least half of them, but for their
 * numbers: titles that are repeated, page numbers. What is set larger than the text is a heading, though
 * there may be a `Chapter 1`, `Chapter 2` on every page.
 * @param size of the text's type.
 */
export function dropRunningHeads(pages: readonly Line[][], size: number): Line[][] {
  if (pages.length < leastPages) return [...pages];
  const counts = new Map<string, number>();
  for (const lines of pages) {
    for (const key of new Set(edgesOf(lines, size).map(keyOf)))
      counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return pages.map((lines) => {
    const dropped = new Set(
      edgesOf(lines, size).filter((line) => (counts.get(keyOf(line)) ?? 0) * 2 >= pages.length),
    );
    return lines.filter((line) => !dropped.has(line));
  });
}

function edgesOf(lines: readonly Line[], size: number): Line[] {
  const byHeight = lines.toSorted((a, b) => b.y - a.y);
  const edges = [...byHeight.slice(0, depth), ...byHeight.slice(depth).slice(-depth)];
  return edges.filter((line) => line.size <= size);
}

/** Characters of a line that may differ by its numbers, as `Page 3 of 8`. */
const longestNumbered = 30;

/** The same for the same words at the same height, in short lines whatever the number of the page. */
function keyOf({ text, y }: Line): string {
  const words = text.length > longestNumbered ? text : text.replace(/\d+/g, "0");
  return `${Math.round(y / 4)} ${words}`;
}
