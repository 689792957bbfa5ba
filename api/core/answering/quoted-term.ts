import { findMarks } from "./citation-marks.ts";
import { isBare } from "./cited-blocks.ts";
import { readWords } from "./words.ts";

export const endsSentence = /[.!?。！？](?:["”’»)\]*_]*)(?:\s|$)/;
/** UTF-16 units of its sentence that are looked at before it. */
const reach = 300;

/**
 * Whether other words of its sentence stand beside a single quoted one.
 * @param prose an answer without its code. @param group the numbers that the quotation belongs to.
 */
export function isTerm(
  prose: string,
  sectionStart: number,
  { from, to }: { readonly from: number; readonly to: number },
  group: { readonly start: number },
): boolean {
  if (to - from > longestTerm || readWords(prose.slice(from, to)).length > 1) return false;
  const before = prose.slice(Math.max(sectionStart, from - reach), from - 1);
  const sentence = before.split(new RegExp(endsSentence, "g")).at(-1) ?? "";
  const others = withoutMarks(sentence) + prose.slice(to, Math.max(to, group.start));
  return !isBare(others);
}

/** UTF-16 units of a single word. */
const longestTerm = 60;

function withoutMarks(text: string): string {
  return findMarks(text).reduceRight(
    (rest, mark) => rest.slice(0, mark.start) + rest.slice(mark.end),
    text,
  );
}
