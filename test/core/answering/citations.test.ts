import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blankCode,
  findMarks,
  removeCitations,
} from "../../../api/core/answering/citation-marks.ts";
import { citeAnswer } from "../../../api/core/answering/citations.ts";
import type { NumberedPassage } from "../../../api/core/answering/prompt-text.ts";
import { splitPassages } from "../../../api/core/documents/passages.ts";
import { markdown } from "../../support/markdown.ts";
import { makePassage } from "../../support/model-world.ts";

const guide = [
  "Tomatoes want six hours of sun a day. Water them at the root in the morning.",
  "Feed tomatoes every second week once the first fruits show. Pick them when they are soft.",
  "Slugs are a pest in wet summers. Copper tape around the bed keeps most slugs away for a year.",
  "The shed is locked at eight. Tools are lent to members for three days, and a fee is due after that.",
  "Compost needs air. Turn it every month, and keep meat and cooked food out of it at all times.",
].join(" ");

const numbered = [
  { number: 1, passage: makePassage(1, guide, 0.9) },
  { number: 2, passage: makePassage(2, "Beans climb on strings.", 0.6) },
];

const citeSources = (text: string, passages: readonly NumberedPassage[]) =>
  citeAnswer(text, passages).sources;

const numbersIn = (text: string) => findMarks(blankCode(text)).flatMap(({ numbers }) => numbers);

describe("a citation", () => {
  it("is a number in brackets, or several", () => {
    expect(numbersIn("Sun [1]. Rain[2][13], wind [ 3, 4 ] and snow [5,6].")).toEqual([
      1, 2, 13, 3, 4, 5, 6,
    ]);
  });

  it.each([
    ["【1】", [1]],
    ["【1†source】 and 【2†L3-L9】", [1, 2]],
    ["［1］", [1]],
    ["[1†source]", [1]],
    ["[^1]", [1]],
    ["[^1, ^2]", [1, 2]],
    ["[Source 1]", [1]],
    ["[source: 1]", [1]],
    ["[Sources 1, 2 and 3]", [1, 2, 3]],
    ["[Source 1, Source 2]", [1, 2]],
    ["[Passage 4]", [4]],
    ["[doc. 4]", [4]],
    ["[Quelle 1 und 2]", [1, 2]],
    ["[1; 2]", [1, 2]],
    ["[1 and 2]", [1, 2]],
    ["[1, p. 4]", [1]],
    ["[2, pp. 4–6]", [2]],
    ["[1-3]", [1, 2, 3]],
    ["[1–3]", [1, 2, 3]],
    ["[1 - 3, 7; 9–10]", [1, 2, 3, 7, 9, 10]],
    ["[Sources 1-2 and 2-3]", [1, 2, 3]],
    ["[5-5]", [5]],
    ["[^1-^2]", [1, 2]],
    ["[1-20]", Array.from({ length: 20 }, (_, at) => at + 1)],
    ["【4:1†source】", [4]],
    ["【4:13†handbook.pdf】 and [2:0†source]", [4, 2]],
  ])("is written by models in other ways too: %s", (text, numbers) => {
    expect(numbersIn(`So ${text}.`)).toEqual(numbers);
    for (const { start, end } of findMarks(text))
      expect(text.slice(start, end)).toMatch(/^[[【［].*[\]】］]$/);
  });

  it("is no link", () => {
    expect(numbersIn("See [1](https://a.example/b) and [2](as it says).")).toEqual([2]);
  });

  it("is nothing else", () => {
    for (const text of [
      "[Step 1]",
      "[Table 2]",
      "[1 of 3]",
      "【4:1】",
      "[4:1]",
      "[#12]",
      "[see 1]",
      "[1 2]",
      "[a]",
      "[1a]",
      "[]",
      "[1234]",
      "(1)",
      "[1-21]",
      "[3-1]",
      "[1-3-5]",
      "[1-]",
      "[-1]",
      "[1,]",
    ])
      expect(numbersIn(text), text).toEqual([]);
  });

  it("doesn't stand in code", () => {
    const text = "Use `list[1]`:\n\n```js\nlist[2]\n```\n\nThen [3].\n\n~~~\nlist[4]";
    expect(numbersIn(text)).toEqual([3]);
  });

  it("is taken out with the space before it", () => {
    expect(removeCitations("Sun [1]. Rain [2] and [1, 2] [1, 3]!", new Set([1, 2]))).toBe(
      "Sun. Rain and [1, 3]!",
    );
  });
});

describe("sources", () => {
  it("are the passages that are cited, under the numbers as cited, once each", () => {
    const sources = citeSources("Beans climb [2]. Up strings [2], not [7].", numbered);
    expect(sources).toEqual([
      {
        number: 2,
        document_id: "document-2",
        title: "Title 2",
        url: null,
        heading: "Heading 2",
        page: null,
        excerpt: "Beans climb on strings.",
        start: 200,
        end: 223,
        score: 0.6,
        verified: false,
      },
    ]);
    expect(citeSources("Nothing is cited here.", numbered)).toEqual([]);
    expect(citeSources("All of it [2, 1].", numbered).map(({ number }) => number)).toEqual([1, 2]);
  });

  const cases: readonly (readonly [claim: string, excerpt: string])[] = [
    ["Copper tape keeps slugs away [1].", "Copper tape around the bed keeps most slugs away"],
    ["Beans climb [2]. You can borrow tools for three days [1].", "Tools are lent to members"],
    ["You can borrow tools for three days [2][1].", "Tools are lent to members"],
    ["# Slugs\n\nSlugs are gone.\n\nTurn the compost monthly, without meat [1].", "Turn it every"],
  ];
  for (const [claim, excerpt] of cases) {
    it(`show what fits the citing words: ${JSON.stringify(claim)}`, () => {
      const [source] = citeSources(claim, numbered);
      expect(source?.excerpt).toContain(excerpt);
      expect(source?.excerpt.length).toBeLessThanOrEqual(400);
      expect(guide.slice((source?.start ?? 0) - 100, (source?.end ?? 0) - 100)).toBe(
        source?.excerpt,
      );
    });
  }

  it("show the beginning where no word is shared", () => {
    const [source] = citeSources("Sechs Stunden [1].", numbered);
    expect(source).toMatchObject({ start: 100, excerpt: expect.stringMatching(/^Tomatoes want/) });
    expect(source?.excerpt.length).toBeLessThanOrEqual(400);
  });

  it("show something of a passage without a sentence", () => {
    const passages = [{ number: 1, passage: makePassage(1, "— 🌱".repeat(200), 1) }];
    const [source] = citeSources("See [1].", passages);
    expect(source?.excerpt.isWellFormed()).toBe(true);
    expect(source?.excerpt).not.toBe("");
  });

  it("stand in their document to the letter, whatever document and answer", () => {
    fc.assert(
      fc.property(markdown, fc.string({ unit: "grapheme" }), (text, claim) => {
        const passages = splitPassages(text).map((draft, n) => ({
          number: n + 1,
          passage: { ...makePassage(n, "", 0.5), ...draft },
        }));
        const answer = passages.map(({ number }) => `${claim} [${number}]`).join("\n\n");
        for (const { start, end, excerpt } of citeSources(answer, passages)) {
          expect(excerpt).not.toBe("");
          expect(text.slice(start, end)).toBe(excerpt);
        }
      }),
    );
  });

  it("are verified where a quotation was found there, and none was not", () => {
    const verifiedOf = (text: string) =>
      citeSources(text, numbered).map(({ verified }) => verified);
    expect(verifiedOf('"Beans climb on strings" [2].')).toEqual([true]);
    expect(verifiedOf('"Beans climb on strings" [2], in short: they climb [2].')).toEqual([true]);
    expect(verifiedOf('"Beans climb on strings" [2] and "Beans eat slugs" [2].')).toEqual([false]);
    expect(verifiedOf("They climb [2].")).toEqual([false]);
  });

  it("show the quoted words within their sentence, whatever fits the rest of the text", () => {
    const text = 'Slugs and tape and pests: "a fee is due after that" [1].';
    const [source] = citeSources(text, numbered);
    expect(source?.excerpt).toMatch(/^Tools are lent to members .* a fee is due after that\.$/);
  });

  it("are found in time in any text", () => {
    for (const unit of ["[", "[1", "[ ", "`", "```", "[1,", "\n\n", " \n", "<", "< "]) {
      const text = unit.repeat(60_000 / unit.length);
      citeSources(`${text} [1]`, numbered);
      removeCitations(text, new Set([1]));
    }
  });
});
