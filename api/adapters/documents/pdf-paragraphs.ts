import { escapeLine, writeHeading } from "./markdown-text.ts";
import type { Line } from "./pdf-lines.ts";
import type { TextWriter } from "./text-writer.ts";

/** How a document is set. */
export interface Layout {
  /** Points: the size of most of its text. */
  readonly size: number;
  /** From line to line, in sizes of type. */
  readonly spacing: number;
  /** The sizes of its headings, largest first. */
  readonly headings: readonly number[];
}

export interface Paragraph {
  readonly text: string;
  /** Of a heading, from 1. */
  readonly level: number | undefined;
}

/** Sizes above that of the text from which on it is a heading. */
const headingRatio = 1.15;
const longestHeading = 180;

export function measureLayout(pages: readonly (readonly Line[])[]): Layout {
  const sizes = new Map<number, number>();
  const spacings = new Map<number, number>();
  for (const lines of pages) {
    for (const [i, line] of lines.entries()) {
      count(sizes, line.size, line.text.length);
      const above = lines[i - 1];
      const gap = above && (above.y - line.y) / line.size;
      if (gap !== undefined && gap > 0.8 && gap < 2.6)
        count(spacings, Math.round(gap * 10) / 10, 1);
    }
  }
  const size = mostOf(sizes) ?? 10;
  return {
    size,
    spacing: mostOf(spacings) ?? 1.2,
    headings: [...sizes.keys()]
      .filter((one) => one >= size * headingRatio)
      .toSorted((a, b) => b - a),
  };
}

export function toParagraphs(lines: readonly Line[], layout: Layout): Paragraph[] {
  const groups: Line[][] = [];
  const right = lines.reduce((most, line) => Math.max(most, line.right), 0);
  for (const line of lines) {
    const group = groups.at(-1);
    const above = group?.at(-1);
    if (group && above && continues(above, line, layout, right)) group.push(line);
    else groups.push([line]);
  }
  return groups.map((group) => {
    const text = joinLines(group.map((line) => line.text));
    const size = group[0]?.size ?? 0;
    const isHeading =
      size >= layout.size * headingRatio && text.length <= longestHeading && /\p{L}/u.test(text);
    return { text, level: isHeading ? layout.headings.indexOf(size) + 1 : undefined };
  });
}

const bullet = /^[•◦▪‣●○■–∙·]\s+/;
const numbered = /^(?:\d{1,3}[.)]|[a-z]\))\s+\S/;

function continues(above: Line, line: Line, { spacing }: Layout, right: number): boolean {
  const gap = (above.y - line.y) / line.size;
  if (gap < 0 || gap > spacing * 1.3 || Math.abs(above.size - line.size) > line.size * 0.1)
    return false;
  if (bullet.test(line.text) || numbered.test(line.text)) return false;
  // The last line of a paragraph ends a sentence and falls short of the edge.
  const isShort = above.right < above.left + (right - above.left) * 0.85;
  return !(isShort && /[.!?:;]["'”’)]?$/.test(above.text) && /^\P{Ll}/u.test(line.text));
}

function joinLines(lines: readonly string[]): string {
  let text = "";
  for (const line of lines) {
    if (text === "") text = line;
    else if (isHyphenated(text, line)) text = text.slice(0, -1) + line;
    else text += ` ${line}`;
  }
  return text;
}

/** Whether a word is split between the two; a compound as `well-known` loses its hyphen by it. */
function isHyphenated(before: string, after: string): boolean {
  return /\p{Ll}[-\u00ad\u2010]$/u.test(before) && /^\p{Ll}/u.test(after);
}

/**
 * Adds a page; a sentence that goes on from the page above stays one. Says where the page begins; undefined
 * where it is empty.
 */
export function writePage(
  writer: TextWriter,
  paragraphs: readonly Paragraph[],
): number | undefined {
  let start: number | undefined;
  for (const { text, level } of paragraphs) {
    const isFirst = start === undefined;
    if (
      isFirst &&
      level === undefined &&
      isUnfinished(writer.lastBlock()) &&
      /^\p{Ll}/u.test(text)
    ) {
      start = continueBlock(writer, text);
    } else {
      const block =
        level === undefined ? escapeLine(text.replace(bullet, "- ")) : writeHeading(level, text);
      start = Math.min(start ?? Infinity, writer.add(block) ?? Infinity);
    }
  }
  return start === Infinity ? undefined : start;
}

function isUnfinished(block: string): boolean {
  return block !== "" && !block.startsWith("#") && !/[.!?:;…。！？]["'”’)\]]?$/.test(block);
}

function continueBlock(writer: TextWriter, text: string): number {
  if (isHyphenated(writer.lastBlock(), text)) {
    writer.cut(1);
    return writer.append(text);
  }
  writer.append(" ");
  return writer.append(text);
}

function count(counts: Map<number, number>, key: number, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function mostOf(counts: ReadonlyMap<number, number>): number | undefined {
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most?.[0];
}
