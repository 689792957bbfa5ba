import type { CitationMark } from "./citation-marks.ts";
import type { Block } from "./markdown-blocks.ts";
import { closesFence, type Line, readFence } from "./markdown-lines.ts";

/** Whether a text has no word in it. */
export function isBare(text: string): boolean {
  return !/[\p{L}\p{N}]/u.test(text);
}

/** The paragraphs of a block quote between two places, without the marks at the beginnings of its lines. */
export function readBlockQuote(text: string, block: Block, from: number, to: number): string[] {
  const pieces: string[] = [];
  let piece = "";
  const endPiece = () => {
    if (!isBare(piece)) pieces.push(piece.trim());
    piece = "";
  };
  for (const line of block.lines) {
    if (line.end <= from || line.start >= to) continue;
    const raw = text.slice(Math.max(line.start, from), Math.min(line.end, to));
    const words = line.start >= from ? raw.replace(/^>[ \t]?/, "") : raw;
    if (words.trim() === "") endPiece();
    else piece += `${words}\n`;
  }
  endPiece();
  return pieces;
}

/** Whether a block shows something as it is: code, a table, a list, a quote. */
export function isShown({ kind, lines }: Block): boolean {
  // A part of a long table has rows, but no header.
  const isRows = kind === "paragraph" && lines.every(({ text }) => text.startsWith("|"));
  return isRows || /^(?:code|table|list|quote)$/.test(kind);
}

/** What a block shows, each piece as one stretch of its source. */
export function readShown({ kind, lines }: Block): string[] {
  const texts = (some: readonly Line[]) => some.map(({ text }) => text);
  if (kind === "table" || kind === "paragraph") return texts(lines).filter((row) => !isBare(row));
  if (kind === "quote") {
    const words = texts(lines)
      .map((one) => one.replace(/^>[ \t]?/, ""))
      .join("\n");
    return words.split(/\n[ \t]*\n/).filter((piece) => !isBare(piece));
  }
  const [first, last] = [lines[0], lines.at(-1)];
  const fence = kind === "code" && first ? readFence(first) : undefined;
  const isClosed = fence !== undefined && last !== undefined && closesFence(last, fence);
  const shown = fence ? lines.slice(1, isClosed ? -1 : undefined) : lines;
  // Code without a word in it has one behind its fence, if any.
  const code = texts(isBare(texts(shown).join()) ? lines : shown).join("\n");
  return isBare(code) ? [] : [code];
}

/** UTF-16 units behind a number in which words may follow it. */
const reach = 300;

/**
 * Whether a quoted block has the number from its source: then words follow it, and the same stand there before it.
 * @param given texts of passages that have numbers in brackets themselves.
 */
export function isCopied(
  text: string,
  given: readonly string[],
  block: Block,
  mark: CitationMark,
): boolean {
  if (given.length === 0 || !/^(?:quote|list|table)$/.test(block.kind)) return false;
  if (isBare(text.slice(mark.end, Math.min(block.end, mark.end + reach)))) return false;
  const context = text
    .slice(Math.max(block.start, mark.start - 12), mark.end)
    .split("\n")
    .at(-1);
  const words = context?.replace(/^[>\s]+/, "") ?? "";
  return !/^[[【［]/.test(words) && given.some((one) => one.includes(words));
}
