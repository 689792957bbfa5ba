import type { Passage } from "../documents/retriever.ts";
import type { Sentence } from "./sentences.ts";

/** A quotable unit where it stands. */
export interface Unit {
  readonly passage: Passage;
  readonly sentence: Sentence;
  /** Its place among `all`, the units of its passage. */
  readonly index: number;
  readonly all: readonly Sentence[];
}

/** Neighbouring units of one passage: one uninterrupted stretch of its text. */
export interface Quotation {
  readonly passage: Passage;
  readonly sentences: readonly Sentence[];
}

/** A single unit between two chosen ones is quoted too, up to this many UTF-16 units. */
const longestBridge = 200;

/**
 * Joins the units that stand side by side. The documents come in the order of their first unit, what
 * is of one document in reading order.
 */
export function joinUnits(units: readonly Unit[]): Quotation[] {
  const byDocument = Map.groupBy(units, ({ passage }) => passage.documentId);
  return [...byDocument.values()].flatMap((group) => {
    const inOrder = group.toSorted(
      (a, b) => a.passage.start - b.passage.start || a.index - b.index,
    );
    const quotations: { passage: Passage; sentences: Sentence[]; last: Unit }[] = [];
    for (const unit of inOrder) {
      const open = quotations.at(-1);
      const bridge = open && bridgeBetween(open.last, unit);
      if (open && bridge) {
        open.sentences.push(...bridge, unit.sentence);
        open.last = unit;
      } else quotations.push({ passage: unit.passage, sentences: [unit.sentence], last: unit });
    }
    return quotations.map(({ passage, sentences }) => ({ passage, sentences }));
  });
}

/** What has to be quoted between two units so that they are one stretch; undefined when they stay apart. */
function bridgeBetween(a: Unit, b: Unit): Sentence[] | undefined {
  if (a.passage !== b.passage) return undefined;
  const between = a.all.slice(a.index + 1, b.index);
  const stretch = [a.sentence, ...between, b.sentence];
  const isOneBlock = stretch.every(({ block }) => block === a.sentence.block);
  const isNear = between.length === 0 || (between.length === 1 && isOneBlock);
  if (!isNear || between.some(({ text }) => text.length > longestBridge)) return undefined;
  const isWhole = stretch.every((sentence, i) => {
    const before = stretch[i - 1];
    return !before || touches(a.passage.text, before, sentence);
  });
  return isWhole ? between : undefined;
}

/** Whether nothing but white space, or the table's header, stands between two units. */
function touches(text: string, a: Sentence, b: Sentence): boolean {
  const between = text.slice(a.start + a.text.length, b.from).trim();
  return between === "" || between === b.header?.text;
}
