import { expect, it } from "vitest";
import { countSlips, listSpellings } from "../../../api/core/retrieval/spelling.ts";

it.each([
  ["a letter too few", "widgt", "widgt", "widget", 1],
  ["a letter too many", "widgget", "widgget", "widget", 1],
  ["swapped letters", "wigdet", "wigdet", "widget", 1],
  ["a wrong letter in a long word", "subscribtion", "subscribt", "subscript", 1],
  ["a slip that keeps the ending from being cut off", "subscrption", "subscrption", "subscript", 1],
  ["two slips in a long word", "administartro", "administartro", "administrator", 2],
  ["a wrong letter in a short word", "wodget", "wodget", "widget", undefined],
  ["another word", "refund", "refund", "refus", undefined],
  ["another short word", "bread", "bread", "break", undefined],
  ["a very short word", "rate", "rate", "rates", undefined],
  ["another first letter", "gidget", "gidget", "widget", undefined],
  ["a number", "order12345", "order12345", "order12346", undefined],
  ["the same word", "widget", "widget", "widget", undefined],
])("%s: %s", (_what, word, stem, other, slips) => {
  expect(countSlips(listSpellings(word, [stem]), other)).toBe(slips);
});
