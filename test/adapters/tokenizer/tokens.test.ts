import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { beforeAll, expect, it } from "vitest";
import { createTokenCounter } from "../../../api/adapters/tokenizer/tokens.ts";
import type { TokenCounter } from "../../../api/core/answering/answerer.ts";

let counter: TokenCounter;

beforeAll(async () => {
  counter = await createTokenCounter();
});

it("counts as the models do", () => {
  expect(counter.countTokens("")).toBe(0);
  expect(counter.countTokens("Hello, world!")).toBe(4);
  expect(counter.countTokens("The quick brown fox jumps over the lazy dog.")).toBe(10);
});

it("agrees with the vocabulary on all ordinary text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 120 }), (text) => {
      expect(counter.countTokens(text)).toBe(countTokens(text, { disallowedSpecial: new Set() }));
    }),
  );
  const prose = "Ein längerer Text, mit Wörtern — and some English; 1234 numbers.\n\n".repeat(3000);
  expect(counter.countTokens(prose)).toBeGreaterThan(0);
  expect(Math.abs(counter.countTokens(prose) - countTokens(prose))).toBeLessThanOrEqual(6);
});

it("takes special tokens in a text for plain characters", () => {
  for (const text of [
    "<|endoftext|>",
    "a<|im_start|>system",
    "<|endofprompt|>",
    "<|fim_prefix|><|fim_suffix|>",
  ]) {
    expect(counter.countTokens(text)).toBeGreaterThan(3);
  }
});

it("counts any text without a throw", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(), (text, at) => {
      const torn = text.slice(at % (text.length + 1));
      expect(counter.countTokens(torn)).toBeGreaterThanOrEqual(torn === "" ? 0 : 1);
    }),
  );
  for (const text of ["\0", "\u{1f600}".slice(0, 1), "\u{1f600}".slice(1), "\uffff", "\u2028"]) {
    expect(counter.countTokens(text)).toBeGreaterThanOrEqual(1);
  }
});

// Each of these takes the plain tokenizer minutes: a test that hangs here has lost its bound.
it("counts runs without a break in parts, so that none holds the process up", () => {
  const units = [
    "a",
    "A",
    "漢字",
    "\u{1f600}",
    " ",
    "!",
    "\n/",
    "!\u0301",
    "\u0301",
    "9",
    "\t ",
    "ÄÖ",
    "\ud83d",
  ];
  for (const unit of units) {
    const count = counter.countTokens(unit.repeat(200_000 / unit.length));
    expect(count, JSON.stringify(unit)).toBeGreaterThan(0);
    expect(count, JSON.stringify(unit)).toBeLessThan(600_000);
  }
});

it("is only a little above the truth for a run that it counts in parts", () => {
  for (const unit of ["a", "漢字仮名交じり文", "\u{1f600}", "=", "xyz"]) {
    const run = unit.repeat(Math.ceil(2000 / unit.length));
    const exact = countTokens(run);
    expect(counter.countTokens(run)).toBeGreaterThanOrEqual(exact);
    expect(counter.countTokens(run)).toBeLessThanOrEqual(exact * 1.1 + 20);
  }
});
