import type { Passage } from "../documents/retriever.ts";
import type { Match, TextPlace } from "../message.ts";
import { findNear, findRuns, type Effort, type NearBounds, type WordSpan } from "./match-words.ts";
import { splitSentences } from "./sentences.ts";
import { isNegation } from "./word-kinds.ts";
import { isUnspaced, readWords, type Word } from "./words.ts";

/** Where words stand in a passage's text, each stretch in order. */
export interface Finding {
  readonly how: Exclude<Match, "none">;
  readonly places: readonly TextPlace[];
}

/** A passage, read once for all that is looked for in it. */
export interface PassageIndex {
  readonly passage: Passage;
  /** All words; and those that a reader sees, without the addresses of links and tags. */
  readonly words: () => readonly Word[];
  readonly seen: () => readonly Word[];
  /** Of `seen`: those that begin and end a sentence. */
  readonly bounds: () => NearBounds;
}

export function indexPassage(passage: Passage): PassageIndex {
  const words = lazy(() => readWords(passage.text));
  const seen = lazy(() => {
    const plain = blankMarkup(passage.text);
    return plain === passage.text ? words() : readWords(plain);
  });
  return { passage, words, seen, bounds: lazy(() => findBounds(passage.text, seen())) };
}

/** Where the text stands in the passage to the letter, or but for its typography. */
export function findExactly(index: PassageIndex, text: string): Finding | undefined {
  const sought = readWords(text);
  if (sought.length === 0) return undefined;
  return (
    findVerbatim(index, text, sought) ??
    findWords(index.words(), sought) ??
    findWords(index.seen(), sought) ??
    findParts(index.seen(), text)
  );
}

/** The same words but for what `nearRules` allows. */
export function findNearly(
  index: PassageIndex,
  text: string,
  effort: Effort,
  bounds?: NearBounds,
): Finding | undefined {
  const sought = readWords(text);
  // A single character of theirs may turn the meaning round.
  if (sought.some(({ form }) => isUnspaced(form))) return undefined;
  const words = index.seen();
  const span = findNear(sought, words, effort, bounds);
  return span && { how: "fuzzy", places: [placeOf(words, span)] };
}

/** Whole sentences of the passage that say what the sentence says. */
export function findSentence(
  index: PassageIndex,
  sentence: string,
  effort: Effort,
): Finding | undefined {
  const sought = readWords(sentence);
  if (sought.length < leastSentence) return undefined;
  const bounds = index.bounds();
  const isWhole = ({ from, to }: WordSpan) => bounds.starts?.has(from) && bounds.ends?.has(to - 1);
  for (const span of findRuns(sought, index.seen())) {
    if (!isWhole(span)) continue;
    const place = placeOf(index.seen(), span);
    const isSame = squeeze(index.passage.text.slice(place.start, place.end)) === wordsOf(sentence);
    return { how: isSame ? "verbatim" : "normalised", places: [place] };
  }
  return findNearly(index, sentence, effort, bounds);
}

/** Words of a sentence that is compared as a whole. */
const leastSentence = 3;

/** Places with the same words that are compared to the letter. */
const mostPlaces = 200;

/** White space doesn't count: Markdown itself takes a line's end for a space. */
function findVerbatim(
  { passage: { text }, words }: PassageIndex,
  quote: string,
  sought: readonly Word[],
): Finding | undefined {
  const [lead, tail] = [quote.slice(0, sought[0]?.start), quote.slice(sought.at(-1)?.end)];
  const core = wordsOf(quote, sought);
  let places = 0;
  for (const span of findRuns(sought, words())) {
    if ((places += 1) > mostPlaces) return undefined;
    const { start, end } = placeOf(words(), span);
    if (squeeze(text.slice(start, end)) !== core) continue;
    const from = walk(text, start, lead, -1);
    const to = walk(text, end, tail, 1);
    if (from !== undefined && to !== undefined)
      return { how: "verbatim", places: [{ start: from, end: to }] };
  }
  return undefined;
}

/** From the first word of the text to its last one, each run of white space as one space. */
function wordsOf(text: string, words: readonly Word[] = readWords(text)): string {
  return squeeze(text.slice(words[0]?.start, words.at(-1)?.end));
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** Where `sign`s end that stand at a place, read forwards or backwards; undefined where others stand there. */
function walk(text: string, from: number, signs: string, step: 1 | -1): number | undefined {
  const wanted = [...signs.trim().matchAll(/\s+|\S/gu)].map(([sign]) => sign);
  if (wanted.length === 0) return from;
  const isApart = step === 1 ? /^\s/.test(signs) : /\s$/.test(signs);
  const inOrder = [...(isApart ? [" "] : []), ...(step === 1 ? wanted : wanted.toReversed())];
  let at = from;
  const next = (length: number) =>
    step === 1 ? text.slice(at, at + length) : text.slice(Math.max(0, at - length), at);
  for (const sign of inOrder) {
    if (/^\s/.test(sign)) {
      if (!/\s/.test(next(1))) return undefined;
      while (/\s/.test(next(1))) at += step;
    } else if (next(sign.length) === sign) at += step * sign.length;
    else return undefined;
  }
  return at;
}

function findWords(words: readonly Word[], sought: readonly Word[]): Finding | undefined {
  const [span] = findRuns(sought, words);
  return span && { how: "normalised", places: [placeOf(words, span)] };
}

const ellipsis = /\[ ?(?:\.{3}|…) ?\]|\( ?(?:\.{3}|…) ?\)|\.{3,}|…/;
/** Stretches that ellipses part. */
const mostParts = 12;

/** A quotation that leaves words out, and says so; never a negation. */
function findParts(words: readonly Word[], text: string): Finding | undefined {
  const parts = text
    .split(ellipsis)
    .map(readWords)
    .filter((part) => part.length > 0);
  if (parts.length > mostParts || !ellipsis.test(text)) return undefined;
  const places: TextPlace[] = [];
  let from = 0;
  for (const part of parts) {
    const [span] = findRuns(part, words, from);
    if (!span) return undefined;
    const isFirst = places.length === 0;
    if (!isFirst && words.slice(from, span.from).some(({ form }) => isNegation(form)))
      return undefined;
    places.push(placeOf(words, span));
    from = span.to;
  }
  return { how: "normalised", places };
}

function placeOf(words: readonly Word[], { from, to }: WordSpan): TextPlace {
  return { start: words[from]?.start ?? 0, end: words[to - 1]?.end ?? 0 };
}

const markup =
  /\]\([^()\s]*(?:\s"[^"\n]*")?\)|<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>|^[ \t]*\d{1,9}[.)](?=[ \t])/gim;

/** With blanks in place of what Markdown and HTML don't show; every offset stays as it is. */
function blankMarkup(text: string): string {
  return text.replace(markup, (match) => match.replace(/[^\n]/g, " "));
}

function findBounds(text: string, words: readonly Word[]): NearBounds {
  const [starts, ends] = [new Set<number>(), new Set<number>()];
  let at = 0;
  for (const sentence of splitSentences(text)) {
    const end = sentence.start + sentence.text.length;
    while (at < words.length && (words[at]?.start ?? 0) < sentence.start) at += 1;
    if (at === words.length || (words[at]?.start ?? 0) >= end) continue;
    starts.add(at);
    while (at < words.length && (words[at]?.start ?? 0) < end) at += 1;
    ends.add(at - 1);
  }
  return { starts, ends };
}

function lazy<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
