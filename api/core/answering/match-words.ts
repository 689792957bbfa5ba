import { isSameWord, kindOf, type WordKind } from "./word-kinds.ts";
import type { WordLanguage } from "./word-languages.ts";
import type { Word } from "./words.ts";

/** A run of words; `to` is exclusive. */
export interface WordSpan {
  readonly from: number;
  readonly to: number;
}

/** Where a run of words occurs among others, in order, by Knuth, Morris and Pratt: linear whatever the words. */
export function* findRuns(
  sought: readonly Word[],
  words: readonly Word[],
  from = 0,
): Generator<WordSpan, void, undefined> {
  const { length } = sought;
  if (length === 0 || length > words.length - from) return;
  const borders = bordersOf(sought);
  let held = 0;
  for (let at = from; at < words.length; at += 1) {
    const form = words[at]?.form;
    while (held > 0 && sought[held]?.form !== form) held = borders[held - 1] ?? 0;
    if (sought[held]?.form === form) held += 1;
    if (held < length) continue;
    yield { from: at + 1 - length, to: at + 1 };
    held = borders[held - 1] ?? 0;
  }
}

function bordersOf(sought: readonly Word[]): number[] {
  const borders = [0];
  let held = 0;
  for (let at = 1; at < sought.length; at += 1) {
    const form = sought[at]?.form;
    while (held > 0 && sought[held]?.form !== form) held = borders[held - 1] ?? 0;
    if (sought[held]?.form === form) held += 1;
    borders.push(held);
  }
  return borders;
}

/**
 * How many words of a quotation may differ, and by what: one in five, and at most eight, by an article that was lost,
 * added or replaced, or by the ending or spelling of the same word, all in the passage's language. That is what copying changes and leaves the meaning
 * alone; below five words a single one is too much of what is said. Any other word makes another sentence, however
 * long it is, numbers and negations above all.
 */
export const nearRules = { wordsPerEdit: 5, mostEdits: 8 } as const;

/** Comparisons of two words that one answer may cost; what comes behind them is not compared any more. */
export interface Effort {
  left: number;
}

export interface NearBounds {
  /** The words at which a run may begin and end; left out: any. */
  readonly starts?: ReadonlySet<number> | undefined;
  readonly ends?: ReadonlySet<number> | undefined;
}

/** The run of words that comes nearest to those sought; undefined where none is near enough. */
export function findNear(
  sought: readonly Word[],
  words: readonly Word[],
  language: WordLanguage,
  effort: Effort,
  { starts, ends }: NearBounds = {},
): WordSpan | undefined {
  const most = Math.min(nearRules.mostEdits, Math.floor(sought.length / nearRules.wordsPerEdit));
  if (most === 0 || sought.length > words.length + most) return undefined;
  const kinds = sought.map(({ form }) => kindOf(form, language));
  if (!mayBeNear(sought, kinds, words, most)) return undefined;
  effort.left -= sought.length * words.length;
  if (effort.left < 0) return undefined;
  return alignWords({ sought, kinds, words, language, most, starts, ends });
}

/** Looks only at which words there are: cheap, and says no to nearly everything. */
function mayBeNear(
  sought: readonly Word[],
  kinds: readonly WordKind[],
  words: readonly Word[],
  most: number,
): boolean {
  const known = new Set(words.map(({ form }) => form));
  let missing = 0;
  for (const [at, { form }] of sought.entries()) {
    if (known.has(form)) continue;
    missing += 1;
    if (missing > most || kinds[at] === "strict") return false;
  }
  return true;
}

interface Alignment extends NearBounds {
  readonly sought: readonly Word[];
  readonly kinds: readonly WordKind[];
  readonly words: readonly Word[];
  readonly language: WordLanguage;
  readonly most: number;
}

interface Row {
  /** Edits by the number of words read. */
  readonly cost: Uint8Array;
  /** The word at which the run began. */
  readonly from: Int32Array;
}

const never = 200;

/** Sellers' alignment: the edit distance to the nearest run of the words, row by row. */
function alignWords(alignment: Alignment): WordSpan | undefined {
  const { sought, kinds, words, language, most, starts, ends } = alignment;
  const wordKinds = words.map(({ form }) => kindOf(form, language));
  let above: Row = {
    cost: Uint8Array.from({ length: words.length + 1 }, (_, at) =>
      !starts || starts.has(at) ? 0 : never,
    ),
    from: Int32Array.from({ length: words.length + 1 }, (_, at) => at),
  };
  for (const [row, word] of sought.entries()) {
    // At an end that may stand anywhere, a lost word could hide what stands between it and the rest.
    const mayLose =
      (row > 0 || starts !== undefined) && (row < sought.length - 1 || ends !== undefined);
    above = nextRow(
      above,
      { word, kind: kinds[row] ?? "strict", mayLose, language },
      words,
      wordKinds,
    );
    if (above.cost.every((cost) => cost > most)) return undefined;
  }
  let best: WordSpan | undefined;
  let least = most + 1;
  for (const [to, cost] of above.cost.entries()) {
    const from = above.from[to] ?? 0;
    if (cost >= least || from >= to || (ends && !ends.has(to - 1))) continue;
    least = cost;
    best = { from, to };
  }
  return best;
}

interface Sought {
  readonly word: Word;
  readonly kind: WordKind;
  /** Whether an article may be missing in the passage. */
  readonly mayLose: boolean;
  readonly language: WordLanguage;
}

function nextRow(
  above: Row,
  { word: sought, kind, mayLose, language }: Sought,
  words: readonly Word[],
  kinds: readonly WordKind[],
): Row {
  const size = words.length + 1;
  const cost = new Uint8Array(size).fill(never);
  const from = new Int32Array(size);
  for (let at = 0; at < size; at += 1) {
    const take = (edits: number, start: number | undefined) => {
      if (edits >= (cost[at] ?? never)) return;
      cost[at] = edits;
      from[at] = start ?? 0;
    };
    const word = words[at - 1];
    if (word) {
      const edit = costOfPair(sought, kind, word, kinds[at - 1] ?? "strict", language);
      take((above.cost[at - 1] ?? never) + edit, above.from[at - 1]);
      if (kinds[at - 1] === "light") take((cost[at - 1] ?? never) + 1, from[at - 1]);
    }
    if (mayLose && kind === "light") take((above.cost[at] ?? never) + 1, above.from[at]);
  }
  return { cost, from };
}

function costOfPair(
  a: Word,
  aKind: WordKind,
  b: Word,
  bKind: WordKind,
  language: WordLanguage,
): number {
  if (a.form === b.form) return 0;
  if (aKind === "strict" || bKind === "strict" || aKind !== bKind) return never;
  return aKind === "light" || isSameWord(a, b, language) ? 1 : never;
}
