import { expect, it } from "vitest";
import { findWords, foldWord } from "../../../api/adapters/memory/words.ts";

it("folds the plain endings of a word to one form", () => {
  const families = [
    ["passage", "passages"],
    ["query", "queries"],
    ["stream", "streams", "streamed", "streaming"],
    ["store", "stores", "stored", "storing"],
    ["stop", "stops", "stopped", "stopping"],
    ["class", "class"],
    ["status", "status"],
  ];
  for (const family of families) expect(new Set(family.map(foldWord)).size, family.join()).toBe(1);
});

it("keeps words apart that merely begin alike", () => {
  const words = ["sing", "sin", "red", "ring", "bus", "need", "process", "tenant", "thing", "gas"];
  expect(new Set(words.map(foldWord)).size).toBe(words.length);
});

it("finds the words that carry meaning, in any script", () => {
  expect(findWords("What is the Größe of a Widget?")).toEqual(["größe", "widget"].map(foldWord));
  expect(findWords("漢字 и Кириллица")).toHaveLength(3);
  expect(findWords("what is it?")).toEqual([]);
});
