import type { Passage } from "../documents/retriever.ts";
import type { Match, TextPlace } from "../message.ts";
import { findNear, findRuns, type Effort, type NearBounds, type WordSpan } from "./match-words.ts";
import { blankHidden, readSeen } from "./seen-text.ts";
import { isAlike, isBorder, isNearlyAlike, type Reading } from "./sentence-borders.ts";
import { splitSentences } from "./sentences.ts";
import { isStrict } from "./word-kinds.ts";
import { languageOf, type WordLanguage } from "./word-languages.ts";
import { showEntities } from "./entities.ts";
import { isUnspaced, partCompounds, readWords, type Word } from "./words.ts";

/** Where words stand in a passage's text, each stretch in order. */
export interface Finding {
  readonly how: Exclude<Match, "none">;
  readonly places: readonly TextPlace[];
}

/** A passage, read once for all that is looked for in it. What it strikes out or hides is in none of its words. */
export interface PassageIndex {
  readonly passage: Passage;
  /** All words; those that a reader sees, without the addresses of links and tags; and these without hyphens. */
  readonly words: () => readonly Word[];
  readonly seen: () => readonly Word[];
  readonly parted: () => readonly Word[];
  /** Of `seen`: those that begin and end a sentence, and the language. */
  readonly bounds: () => NearBounds;
  readonly language: () => WordLanguage;
}

export function indexPassage(passage: Passage): PassageIndex {
  const shown = lazy(() => blankHidden(passage.text));
  const words = lazy(() => readWords(shown()));
  const plain = lazy(() => readSeen(shown()));
  const seen = lazy(() => (plain() === shown() ? words() : readWords(plain())));
  const parted = lazy(() => readWords(partCompounds(plain())));
  const bounds = lazy(() => findBounds(passage.text, seen()));
  return { passage, words, seen, parted, bounds, language: lazy(() => languageOf(seen())) };
}

/** Words to look for, read once for all passages. */
export interface Sought {
  readonly text: string;
  readonly words: readonly Word[];
  /** With entities as what they stand for; and without hyphens. */
  readonly seen: readonly Word[];
  readonly parted: readonly Word[];
  /** The stretches that ellipses part; empty where there is no ellipsis, undefined where there are too many. */
  readonly parts: readonly (readonly Word[])[] | undefined;
}

export function readSought(text: string): Sought {
  const ellipses = text.match(new RegExp(ellipsis, "g"))?.length ?? 0;
  if (ellipses > mostEllipses) return { text, words: [], seen: [], parted: [], parts: undefined };
  const parts = ellipses === 0 ? [] : text.split(ellipsis).map((part) => readWords(part));
  const plain = showEntities(text);
  const words = readWords(text);
  const seen = plain === text ? words : readWords(plain);
  const parted = readWords(partCompounds(plain));
  return { text, words, seen, parted, parts: parts.filter((part) => part.length > 0) };
}

/** Where the text stands in the passage to the letter, or but for its typography. */
export function findExactly(
  index: PassageIndex,
  sought: Sought,
  effort: Effort,
): Finding | undefined {
  if (sought.words.length === 0) return undefined;
  const looks = 4 + (sought.parts?.length ?? 0);
  effort.left -= looks * (sought.words.length + index.words().length);
  if (effort.left < 0) return undefined;
  return (
    findVerbatim(index, sought.text, sought.words) ??
    findWords(index, index.words(), sought, sought.words) ??
    findWords(index, index.seen(), sought, sought.seen) ??
    findWords(index, index.parted(), sought, sought.parted) ??
    findParts(index, sought)
  );
}

/** The same words but for what `nearRules` allows. */
export function findNearly(
  index: PassageIndex,
  sought: Sought,
  effort: Effort,
  bounds?: NearBounds,
): Finding | undefined {
  // A single character of theirs may turn the meaning round.
  if (sought.words.some(({ form }) => isUnspaced(form))) return undefined;
  const language = index.language();
  const found: Reading = { text: index.passage.text, words: index.seen() };
  const own: Reading = { text: sought.text, words: sought.seen };
  const span = findNear(own.words, found.words, language, effort, bounds);
  if (!span) return undefined;
  if (!isNearlyAlike(found, span, own, (form) => language.articles.has(form))) return undefined;
  return { how: "fuzzy", places: [placeOf(found.words, span)] };
}

/** Whole sentences of the passage that say what the sentence says. */
export function findSentence(
  index: PassageIndex,
  sentence: string,
  effort: Effort,
): Finding | undefined {
  const sought = readSought(sentence);
  if (sought.words.length < leastSentence) return undefined;
  const bounds = index.bounds();
  const isWhole = ({ from, to }: WordSpan) => bounds.starts?.has(from) && bounds.ends?.has(to - 1);
  for (const span of findRuns(sought.seen, index.seen())) {
    if (!isWhole(span)) continue;
    const place = placeOf(index.seen(), span);
    const isSame = squeeze(index.passage.text.slice(place.start, place.end)) === wordsOf(sentence);
    const found: Reading = { text: index.passage.text, words: index.seen() };
    if (!isSame && !isAlike(found, span, { text: sought.text, words: sought.seen })) continue;
    return { how: isSame ? "verbatim" : "normalised", places: [place] };
  }
  return findNearly(index, sought, effort, bounds);
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

function findWords(
  { passage: { text } }: PassageIndex,
  words: readonly Word[],
  sought: Sought,
  own: readonly Word[],
): Finding | undefined {
  let places = 0;
  for (const span of findRuns(own, words)) {
    if ((places += 1) > mostPlaces) return undefined;
    if (isAlike({ text, words }, span, { text: sought.text, words: own }))
      return { how: "normalised", places: [placeOf(words, span)] };
  }
  return undefined;
}

const ellipsis = /\[ ?(?:\.{3}|…) ?\]|\( ?(?:\.{3}|…) ?\)|\.{3,}|…/;
const mostEllipses = 12;
/** Words of each stretch that ellipses part, and those that one may leave out. */
const leastPart = 3;
const mostLeftOut = 20;
const limits = new Set(
  "only rarely seldom barely scarcely never except exception exceptions excluding unless hardly prevented unable refused forbidden prohibited nur selten ausgenommen seulement sauf solo sólo".split(
    " ",
  ),
);

/** A quotation that leaves words out of a sentence, and says so; never what may turn its meaning round. */
function findParts(index: PassageIndex, { parts = [] }: Sought): Finding | undefined {
  if (parts.length === 0) return undefined;
  if (parts.length > 1 && parts.some(({ length }) => length < leastPart)) return undefined;
  const words = index.seen();
  const { text } = index.passage;
  const places: TextPlace[] = [];
  let from = 0;
  for (const part of parts) {
    const [span] = findRuns(part, words, from);
    if (!span) return undefined;
    if (places.length > 0 && !mayLeaveOut({ text, words }, from, span.from)) return undefined;
    // None of the parts goes on over a border either.
    for (let at = span.from + 1; at < span.to; at += 1)
      if (isBorder({ text, words }, at)) return undefined;
    places.push(placeOf(words, span));
    from = span.to;
  }
  return { how: "normalised", places };
}

function mayLeaveOut(reading: Reading, from: number, to: number): boolean {
  if (to - from > mostLeftOut) return false;
  for (let at = from; at <= to; at += 1) {
    if (isBorder(reading, at)) return false;
    const form = reading.words[at]?.form ?? "";
    if (at < to && (isStrict(form) || limits.has(form))) return false;
  }
  return true;
}

function placeOf(words: readonly Word[], { from, to }: WordSpan): TextPlace {
  return { start: words[from]?.start ?? 0, end: words[to - 1]?.end ?? 0 };
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
