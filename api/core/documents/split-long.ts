import type { BlockKind } from "../answering/markdown-blocks.ts";

export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Whether a piece may begin at the offset `at`. */
type Cut = (text: string, at: number) => boolean;

const isLineStart: Cut = (text, at) =>
  text[at - 1] === "\n" || (text[at - 1] === "\r" && text[at] !== "\n");
const isBehindBlankLine: Cut = (text, at) =>
  /(?:\n|\r)(?:\n|\r\n?)$/.test(text.slice(Math.max(0, at - 4), at)) && isLineStart(text, at);
const isItemStart: Cut = (text, at) =>
  isLineStart(text, at) && /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]/.test(text.slice(at, at + 40));
const isWordStart: Cut = (text, at) => /\s/.test(text[at - 1] ?? "");
const isSentenceStart: Cut = (text, at) =>
  /[。！？]$|[.!?…]["'”’)\]*_`]{0,4}\s$/.test(text.slice(Math.max(0, at - 6), at));

/** Where a long block is best cut, best first. */
const cuts: Readonly<Record<BlockKind, readonly Cut[]>> = {
  heading: [isWordStart],
  break: [isWordStart],
  paragraph: [isSentenceStart, isLineStart, isWordStart],
  list: [isItemStart, isSentenceStart, isLineStart, isWordStart],
  code: [isBehindBlankLine, isLineStart, isWordStart],
  table: [isLineStart, isSentenceStart, isWordStart],
  quote: [isLineStart, isSentenceStart, isWordStart],
};

/** The pieces of a long block, each of `least` to `most` characters but the last, without white space around them. */
export function splitLong(
  text: string,
  { kind, start, end }: Span & { readonly kind: BlockKind },
  { least, most }: { readonly least: number; readonly most: number },
): Span[] {
  const pieces: Span[] = [];
  for (let from = start; from < end;) {
    const to = end - from <= most ? end : findCut(text, cuts[kind], from + least, from + most);
    const piece = trimSpan(text, { start: from, end: to }, kind === "code" ? /[\r\n]/ : /\s/);
    if (piece.start < piece.end) pieces.push(piece);
    from = to;
  }
  return pieces;
}

function findCut(text: string, kinds: readonly Cut[], low: number, high: number): number {
  for (const isCut of kinds) {
    for (let at = high; at > low; at--) if (isCut(text, at)) return at;
  }
  // Never between the two halves of a character.
  return text.codePointAt(high - 1) === text.charCodeAt(high - 1) ? high : high - 1;
}

function trimSpan(text: string, { start, end }: Span, lead: RegExp): Span {
  let from = start;
  let to = end;
  while (from < to && lead.test(text[from] ?? "")) from++;
  while (to > from && /\s/.test(text[to - 1] ?? "")) to--;
  return { start: from, end: to };
}
