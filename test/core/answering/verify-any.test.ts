import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyCitations } from "../../../api/core/answering/verify-citations.ts";
import { splitPassages } from "../../../api/core/documents/passages.ts";
import { markdown } from "../../support/markdown.ts";
import { makePassage } from "../../support/model-world.ts";

const marks = [
  ["“", "”"],
  ["«", "»"],
  ["「", "」"],
  ['"', '"'],
] as const;

/** A document, one of its passages, and a stretch of whole words of it without a blank line in it. */
const slices = fc
  .tuple(markdown, fc.nat(), fc.nat(), fc.nat(), fc.constantFrom(...marks))
  .map(([text, which, from, length, [open, close]]) => {
    const drafts = splitPassages(text);
    const draft = drafts[which % Math.max(1, drafts.length)];
    const words = [...(draft?.text.matchAll(/\S+/g) ?? [])];
    const first = words[from % Math.max(1, words.length)];
    if (!draft || !first) return undefined;
    const last = words[Math.min(words.length - 1, words.indexOf(first) + (length % 12))] ?? first;
    const [start, end] = [first.index, last.index + last[0].length];
    return { text, draft, start, end, slice: draft.text.slice(start, end), open, close };
  })
  .filter((one) => one !== undefined)
  .filter(({ slice, open, close }) => {
    const isPlain = /\p{L}{2}/u.test(slice) && !slice.includes(open) && !slice.includes(close);
    // What reads as code, as a number of the answer's own or as another block is no quotation in a paragraph.
    return (
      isPlain &&
      !/[\r\n]\s*[\r\n]|[`~[\]]|[\r\n][ \t]*(?:[-*+>#|=\d]|$)|["'“”„«»‹›‘’‚「」『』〝]/u.test(slice)
    );
  });

describe("any words of a passage, quoted to the letter", () => {
  it("are verified, and its places are the very words in the document", () => {
    fc.assert(
      fc.property(slices, ({ text, draft, slice, open, close }) => {
        const passage = { ...makePassage(1, "", 1), ...draft };
        const answer = `${open}${slice}${close} [1].`;
        const [citation, ...rest] = verifyCitations(answer, [{ number: 1, passage }]);
        expect(rest).toEqual([]);
        expect(citation).toMatchObject({ verified: true, how: "verbatim" });
        expect(citation?.places).toHaveLength(1);
        for (const { start, end } of citation?.places ?? [])
          expect(squeeze(text.slice(start, end))).toBe(squeeze(slice));
        const first = squeeze(draft.text).indexOf(squeeze(slice));
        if (squeeze(draft.text).indexOf(squeeze(slice), first + 1) === -1)
          expect(citation?.places[0]?.start).toBe(draft.start + draft.text.indexOf(slice));
      }),
      { numRuns: 300 },
    );
  });

  it("are not, once a digit is another, a number is missing or a negation comes or goes", () => {
    const sentence = fc.tuple(
      fc.array(fc.constantFrom("members", "plans", "pay", "may", "cancel", "the", "within", "a"), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.integer({ min: 0, max: 9999 }),
      fc.constantFrom("not", "never", "no", "without", "cannot", "nicht", "kein", "jamais"),
      fc.array(fc.constantFrom("days", "euros", "months", "of", "them", "each"), { minLength: 1 }),
    );
    fc.assert(
      fc.property(
        sentence,
        fc.integer({ min: 0, max: 9999 }),
        ([before, number, negation, after], other) => {
          fc.pre(other !== number);
          const write = (...middle: (string | number)[]) =>
            [...before, ...middle, ...after].join(" ");
          const passages = [
            { number: 1, passage: makePassage(1, `${write(negation, number)}.`, 1) },
          ];
          const verified = (quote: string) =>
            verifyCitations(`“${quote}” [1]`, passages).map((one) => one.verified);
          expect(verified(write(negation, number))).toEqual([true]);
          for (const quote of [
            write(negation, other),
            write(negation),
            write(number),
            write(number, negation),
            write(negation, `${number}0`),
            write(negation, `${number}.5`),
            write(negation, negation, number),
          ])
            expect(verified(quote), quote).toEqual([false]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

it("whatever the answer, places are in their documents and numbers in the answer", () => {
  const signs = "\" “ ” ' ’ « » [1] [2] [9] > - ` … ( ) . , | # \ud83c 🍅".split(" ");
  const words = ["members", "may", "cancel", "30", " ", "\n", "\n\n", "\n> ", "\n- ", "```\n"];
  const piece = fc.constantFrom(...signs, ...words);
  const text = "Members may cancel. 30 members may, 🍅 may cancel “30”.";
  const passages = [
    { number: 1, passage: makePassage(1, text, 1) },
    { number: 2, passage: makePassage(2, "> cancel `30`\n\n- members", 1) },
  ];
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const answer = pieces.join("");
      for (const one of verifyCitations(answer, passages)) {
        expect(answer.slice(one.start, one.end)).toMatch(/^\[\d\]$/);
        expect(one.verified).toBe(one.places.length > 0);
        const passage = passages.find(({ number }) => number === one.number)?.passage;
        for (const { start, end } of one.places) {
          const words = passage?.text.slice(start - passage.start, end - passage.start);
          expect(words).toMatch(/[\p{L}\p{N}]/u);
        }
        if (one.quote_start !== null) expect(one.quote_end).toBeGreaterThan(one.quote_start);
      }
    }),
    { numRuns: 1000 },
  );
});

function squeeze(text: string): string {
  return text.replace(/\s+/g, " ");
}
