import { introduces } from "./markdown-lines.ts";
import type { Unit } from "./quotation.ts";
import type { Sentence } from "./sentences.ts";

/** Words that do not repeat what they stand for. */
const pointsBack =
  /^(?:it|its|this|that|these|those|they|then|there|so|but|and|also|however|otherwise|both|such|else)\b/i;

/**
 * The unit with what it introduces, what introduces it, or what its first word points back to; in order.
 * @param most UTF-16 units of what it introduces; the first of it comes whatever its length.
 */
export function withCompany(unit: Unit, most: number): Unit[] {
  const { sentence, index, all } = unit;
  const introduced = introducedBy(unit, most);
  const before = all[index - 1];
  const isLed =
    sentence.kind === "code" &&
    before !== undefined &&
    before.kind !== "code" &&
    before.kind !== "row";
  const leansBack =
    sentence.kind === "prose" && before?.kind === "prose" && before.block === sentence.block;
  const isFirst = sentence.from !== sentence.start;
  if (isLed || (leansBack && !isFirst && pointsBack.test(sentence.text))) {
    return [...unitsAt(unit, index - 1, index), unit, ...introduced];
  }
  return [unit, ...introduced];
}

/** What a unit only announces: what a label names, and the list, code or table behind a ':', as far as it is short. */
function introducedBy(unit: Unit, most: number): Unit[] {
  const { sentence, index, all } = unit;
  const { kind, block, text } = sentence;
  const next = all[index + 1];
  if (!next || kind === "code" || kind === "row") return [];
  if (isLabel(text) && kind === "prose") {
    const explains = all
      .slice(index + 1, index + 3)
      .filter((one) => one.kind === "prose" && one.block === next.block);
    return unitsAt(unit, index + 1, index + 1 + explains.length);
  }
  if (!introduces(text)) return [];
  const item = all
    .slice(0, index + 1)
    .findLast((one) => one.block === block && one.from !== one.start);
  const isBehind = next.block === block + 1 && next.kind !== "prose";
  const isBelow = (one: Sentence) =>
    item !== undefined && one.block === block && one.indent > item.indent;
  const rest = all.slice(index + 1);
  const end = rest.findIndex((one) => one.block !== next.block || !(isBehind || isBelow(one)));
  const announced = end === -1 ? rest : rest.slice(0, end);
  return unitsAt(unit, index + 1, index + 1 + countWithin(announced, most));
}

/** How many of the sentences, but at least one of them, have together at most `most` characters. */
function countWithin(sentences: readonly Sentence[], most: number): number {
  let length = 0;
  const over = sentences.findIndex(({ text }, i) => {
    length += text.length;
    return length > most && i > 0;
  });
  return over === -1 ? sentences.length : over;
}

/** A line that only names what follows it: bold throughout, or a question. */
function isLabel(text: string): boolean {
  return /^\*\*[^*]+\*\*$|\?["”'*_)]{0,4}$/.test(text);
}

function unitsAt({ passage, all }: Unit, from: number, to: number): Unit[] {
  return all.slice(from, to).map((sentence, i) => ({ passage, sentence, index: from + i, all }));
}
