import {
  closesFence,
  isQuoteLine,
  isTableRule,
  isThematicBreak,
  type Line,
  type Lines,
  openLines,
  plainTitle,
  readFence,
  readHeading,
  readMarker,
  readUnderline,
} from "./markdown-lines.ts";

export type BlockKind = "heading" | "break" | "paragraph" | "list" | "code" | "table" | "quote";

export interface Block {
  readonly kind: BlockKind;
  /** Its lines, without blank ones at the end; made when they are asked for. */
  readonly lines: readonly Line[];
  readonly lineCount: number;
  /** Where the block begins and ends; indented code begins with its indentation. */
  readonly start: number;
  readonly end: number;
  /** Of a heading: from 1 to 6, and its words. */
  readonly level?: number;
  readonly title?: string;
}

/**
 * The outermost blocks of Markdown or plain text, in order; only white space lies between them. A
 * lenient reading of CommonMark (https://spec.commonmark.org/0.31.2/): any indentation may stand
 * before a fence or a list item, and the line above a setext underline is a heading only when it
 * stands alone. Each line is looked at a bounded number of times, whatever the text, and none is kept.
 */
export function* parseBlocks(text: string): Generator<Block, void, undefined> {
  const lines = openLines(text);
  let at = 0;
  while (at < lines.length) {
    const block = lineAt(lines, at).text === "" ? undefined : readBlock(lines, at);
    if (block) yield block;
    at += block ? block.lineCount : 1;
  }
}

function readBlock(lines: Lines, at: number): Block {
  const line = lineAt(lines, at);
  const heading = readHeading(line);
  if (heading) {
    const { start, end } = line;
    return { kind: "heading", lines: [line], lineCount: 1, start, end, ...heading };
  }
  if (isThematicBreak(line)) return toBlock("break", lines, at, at + 1);
  if (readMarker(line)) return toBlock("list", lines, at, endOfList(lines, at));
  if (readFence(line)) return toBlock("code", lines, at, endOfFence(lines, at));
  if (isQuoteLine(line)) return toBlock("quote", lines, at, endOfQuote(lines, at));
  if (startsTable(lines, at)) return toBlock("table", lines, at, endOfTable(lines, at));
  if (line.indent >= 4) return toBlock("code", lines, at, endOfIndented(lines, at));
  const below = lines.at(at + 1);
  const level = below && readUnderline(line, below);
  if (level)
    return { ...toBlock("heading", lines, at, at + 2), level, title: plainTitle(line.text) };
  return toBlock("paragraph", lines, at, endOfParagraph(lines, at));
}

function toBlock(kind: BlockKind, lines: Lines, at: number, to: number): Block {
  let last = to;
  while (last > at + 1 && lineAt(lines, last - 1).text === "") last--;
  const first = lineAt(lines, at);
  const isIndentedCode = kind === "code" && !readFence(first);
  return {
    kind,
    get lines() {
      return lines.slice(at, last);
    },
    lineCount: last - at,
    start: isIndentedCode ? first.from : first.start,
    end: lineAt(lines, last - 1).end,
  };
}

/** Behind the closing fence; the end of the text where there is none. */
export function endOfFence(lines: Lines, at: number): number {
  const fence = readFence(lineAt(lines, at));
  let to = at + 1;
  while (fence && to < lines.length && !closesFence(lineAt(lines, to), fence)) to++;
  return Math.min(to + 1, lines.length);
}

function endOfQuote(lines: Lines, at: number): number {
  let to = at + 1;
  while (to < lines.length && (isQuoteLine(lineAt(lines, to)) || continuesParagraph(lines, to)))
    to++;
  return to;
}

function endOfTable(lines: Lines, at: number): number {
  let to = at + 2;
  while (to < lines.length && lineAt(lines, to).text.includes("|") && !readFence(lineAt(lines, to)))
    to++;
  return to;
}

function endOfIndented(lines: Lines, at: number): number {
  let to = at + 1;
  while (to < lines.length && (lineAt(lines, to).text === "" || lineAt(lines, to).indent >= 4))
    to++;
  return to;
}

function endOfParagraph(lines: Lines, at: number): number {
  let to = at + 1;
  while (to < lines.length && continuesParagraph(lines, to)) to++;
  return to;
}

/**
 * A list goes on through its items, what is indented below them, and lines that lazily continue an
 * item's paragraph; fenced code inside is stepped over whole, since its lines may look like anything.
 */
function endOfList(lines: Lines, at: number): number {
  const base = lineAt(lines, at).indent;
  let to = at;
  let isBehindBlank = false;
  while (to < lines.length) {
    const line = lineAt(lines, to);
    const isInside = line.indent >= base + 2;
    const isItem = readMarker(line) !== undefined && !isThematicBreak(line);
    if (
      line.text !== "" &&
      !isInside &&
      !isItem &&
      (isBehindBlank || !continuesParagraph(lines, to))
    )
      break;
    isBehindBlank = line.text === "";
    to = readFence(line) ? endOfFence(lines, to) : to + 1;
  }
  return to;
}

/** Whether the line can be one more of the paragraph above it. */
function continuesParagraph(lines: Lines, at: number): boolean {
  const line = lineAt(lines, at);
  if (line.text === "" || readHeading(line) || readFence(line) || isThematicBreak(line))
    return false;
  if (isQuoteLine(line) || startsTable(lines, at)) return false;
  const marker = readMarker(line);
  // As in CommonMark: a line that happens to begin with "1986." is no list, nor is an empty item.
  return marker === undefined || line.text === marker || !/^(?:[-*+]|1[.)])$/.test(marker);
}

function startsTable(lines: Lines, at: number): boolean {
  const rule = lines.at(at + 1);
  return rule !== undefined && isTableRule(rule) && lineAt(lines, at).text.includes("|");
}

export function lineAt(lines: Lines, at: number): Line {
  const line = lines.at(at);
  if (!line) throw new RangeError(`There is no line ${at}`);
  return line;
}
