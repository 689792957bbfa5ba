import { type Block, endOfFence, lineAt, parseBlocks } from "./markdown-blocks.ts";
import { type Line, readFence, readMarker } from "./markdown-lines.ts";
import { splitProse } from "./prose-sentences.ts";

export type SentenceKind = "prose" | "item" | "code" | "row" | "quote";

/** A quotable unit of a passage; `passageText.slice(start, start + text.length) === text`. */
export interface Sentence {
  readonly text: string;
  readonly start: number;
  /** A list item short enough to stand whole is an `item`; longer ones are told sentence by sentence. */
  readonly kind: SentenceKind;
  /** Where it begins with its list marker; else `start`. */
  readonly from: number;
  /** Characters of white space before `from`, when nothing else stands before it on its line. */
  readonly indent: number;
  /** The number of its block in the passage; a list, a table or a paragraph is one block. */
  readonly block: number;
  /** Of a table's row: the header with the line below it. */
  readonly header?: { readonly text: string; readonly start: number };
}

const longestItem = 240;

/** What the readers of the kinds of blocks share. */
interface Reading {
  readonly text: string;
  readonly block: number;
}

/**
 * The quotable units of a passage, in order and without overlap: the sentences of paragraphs, list
 * items, whole code blocks with their fences, the rows of tables, and the paragraphs of block quotes.
 */
export function splitSentences(passageText: string): Sentence[] {
  return [...parseBlocks(passageText)].flatMap((block, number) =>
    readBlock({ text: passageText, block: number }, block),
  );
}

function readBlock(reading: Reading, block: Block): Sentence[] {
  const { kind, lines, start, end } = block;
  if (kind === "break") return [];
  if (kind === "code") return [toSentence(reading, "code", start, end)].filter(hasWords);
  if (kind === "table") return readTable(reading, lines);
  if (kind === "quote") return readQuote(reading, lines);
  if (kind === "list") return readList(reading, lines);
  // A long table's later passages have rows, but no header.
  if (lines.every(({ text }) => text.startsWith("|"))) return readRows(reading, lines);
  const text = reading.text.slice(start, end);
  if (isRecord(text)) return [toSentence(reading, "prose", start, end)];
  return readProse(reading, start, end);
}

const longestRecord = 1000;

/** Whether a text is a line `Name: value` for each of several fields, as CSV and JSON become: it belongs together. */
export function isRecord(text: string): boolean {
  if (text.length > longestRecord) return false;
  const lines = text.split(/\r?\n/);
  return lines.length > 1 && lines.every((line) => /^[^\s:][^:\n]{0,80}: \S/.test(line));
}

/** @param from where the first sentence begins with its list marker. */
function readProse(reading: Reading, start: number, end: number, from = start): Sentence[] {
  return splitProse(reading.text.slice(start, end)).map((sentence, i) => {
    const at = start + sentence.start;
    return toSentence(reading, "prose", at, at + sentence.text.length, i === 0 ? from : at);
  });
}

function readTable(reading: Reading, lines: readonly Line[]): Sentence[] {
  const [head, rule, ...rest] = lines;
  const rows = readRows(reading, rest);
  if (!head || !rule || rows.length === 0) return readRows(reading, lines.slice(0, 1));
  const header = { text: reading.text.slice(head.start, rule.end), start: head.start };
  return rows.map((row) => ({ ...row, header }));
}

function readRows(reading: Reading, lines: readonly Line[]): Sentence[] {
  return lines.map(({ start, end }) => toSentence(reading, "row", start, end)).filter(hasWords);
}

function readQuote(reading: Reading, lines: readonly Line[]): Sentence[] {
  const sentences: Sentence[] = [];
  let first: Line | undefined;
  for (const [i, line] of lines.entries()) {
    if (/^[> \t]*$/.test(line.text)) continue;
    first ??= line;
    const next = lines[i + 1];
    if (next && !/^[> \t]*$/.test(next.text)) continue;
    sentences.push(toSentence(reading, "quote", first.start, line.end));
    first = undefined;
  }
  return sentences.filter(hasWords);
}

/** Each item to its first blank line, nested item or code; an item's further paragraphs by sentences. */
function readList(reading: Reading, lines: readonly Line[]): Sentence[] {
  const sentences: Sentence[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lineAt(lines, at);
    const isCode = readFence(line) !== undefined;
    const to = isCode ? endOfFence(lines, at) : endOfItem(lines, at);
    const { end } = lineAt(lines, to - 1);
    if (isCode) sentences.push(toSentence(reading, "code", line.start, end));
    else sentences.push(...readItem(reading, line, end));
    at = to;
  }
  return sentences.filter(hasWords);
}

function endOfItem(lines: readonly Line[], at: number): number {
  let to = at + 1;
  while (to < lines.length && !beginsPart(lineAt(lines, to))) to++;
  return to;
}

function beginsPart(line: Line): boolean {
  return line.text === "" || readMarker(line) !== undefined || readFence(line) !== undefined;
}

function readItem(reading: Reading, line: Line, end: number): Sentence[] {
  const marker = readMarker(line);
  if (marker === undefined) return readProse(reading, line.start, end);
  const start = end - reading.text.slice(line.start + marker.length, end).trimStart().length;
  if (end - start > longestItem) return readProse(reading, start, end, line.start);
  return [toSentence(reading, "item", start, end, line.start)];
}

function toSentence(
  { text, block }: Reading,
  kind: SentenceKind,
  start: number,
  end: number,
  from = start,
): Sentence {
  return { text: text.slice(start, end), start, kind, from, indent: indentOf(text, from), block };
}

function indentOf(text: string, from: number): number {
  let lineStart = from;
  while (lineStart > 0 && /[ \t]/.test(text[lineStart - 1] ?? "")) lineStart--;
  return lineStart === 0 || /[\r\n]/.test(text[lineStart - 1] ?? "") ? from - lineStart : 0;
}

function hasWords({ text }: Sentence): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
