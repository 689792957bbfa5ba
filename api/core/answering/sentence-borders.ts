import { endsInAbbreviation } from "./prose-sentences.ts";
import type { Word } from "./words.ts";

/** Between two words: the end of a sentence, an item, a cell or a block. */
const end = /[.!?]["”’»)\]*_~`]*\s/;
const edge = /[。！？|]|\n[ \t]*\r?\n|\n[ \t]*(?:[-*+•]|#{1,6}|\d{1,9}[.)])[ \t]/;
/** The same in a quotation, which may tell an item or a cell from the next one by less. */
const quotedBorder = /[.!?;:|。！？\n–—•…]/;
/** A dash before a number may be its sign; at the beginning of a line it is the mark of an item. */
const dash = /\s["“(*_]*[-–—−][\s*_`]*$/;
const lineDash = /[\r\n][ \t>]*[-–—−*+•][\s*_`]*$/;

/** Words where they stand in a text. */
export interface Reading {
  readonly text: string;
  readonly words: readonly Word[];
}

export interface Run {
  readonly from: number;
  readonly to: number;
}

/** Whether a sentence, an item, a cell or a block ends before the word. */
export function isBorder({ text, words }: Reading, at: number): boolean {
  const gap = gapBefore({ text, words }, at);
  if (edge.test(gap)) return true;
  return (
    end.test(gap) && !(gap.startsWith(".") && endsInAbbreviation(text, words[at - 1]?.end ?? 0))
  );
}

/**
 * Whether a run says the same as the words sought but for its place between borders: it goes on over none where they
 * don't, and no number has a dash before it, which may be its sign, on one side alone.
 */
export function isAlike(found: Reading, { from, to }: Run, sought: Reading): boolean {
  for (let at = from + 1; at < to; at += 1) {
    const own = gapBefore(sought, at - from);
    if (isBorder(found, at) && !quotedBorder.test(own)) return false;
    if (/^\d/.test(found.words[at]?.form ?? "") && differs(gapBefore(found, at), own)) return false;
  }
  return true;
}

function differs(gap: string, own: string): boolean {
  if (lineDash.test(gap) || lineDash.test(own)) return false;
  return dash.test(gap) !== dash.test(own);
}

/**
 * The same for words that differ by `isSkipped` ones: borders and dashes stand behind the same number of others.
 */
export function isNearlyAlike(
  found: Reading,
  run: Run,
  sought: Reading,
  isSkipped: (form: string) => boolean,
): boolean {
  const [theirs, own] = [
    placesOf(found, run, isSkipped),
    placesOf(sought, { from: 0, to: sought.words.length }, isSkipped),
  ];
  return (
    theirs.borders.isSubsetOf(own.quotedBorders) &&
    theirs.dashes.symmetricDifference(own.dashes).size === 0
  );
}

function placesOf(reading: Reading, { from, to }: Run, isSkipped: (form: string) => boolean) {
  const [borders, quotedBorders, dashes] = [
    new Set<number>(),
    new Set<number>(),
    new Set<number>(),
  ];
  let told = 0;
  for (let at = from; at < to; at += 1) {
    const form = reading.words[at]?.form ?? "";
    const gap = at > from ? gapBefore(reading, at) : "";
    if (at > from && isBorder(reading, at)) borders.add(told);
    if (quotedBorder.test(gap)) quotedBorders.add(told);
    if (/^\d/.test(form) && dash.test(gap) && !lineDash.test(gap)) dashes.add(told);
    if (!isSkipped(form)) told += 1;
  }
  return { borders, quotedBorders, dashes };
}

function gapBefore({ text, words }: Reading, at: number): string {
  return text.slice(words[at - 1]?.end ?? 0, words[at]?.start ?? 0);
}
