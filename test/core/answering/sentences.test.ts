import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitSentences } from "../../../api/core/answering/sentences.ts";
import { markdown } from "../../support/markdown.ts";

const texts = (passage: string) => splitSentences(passage).map(({ text }) => text);

describe("every passage", () => {
  it("gives units that are exact substrings, in order and without overlap", () => {
    fc.assert(
      fc.property(markdown, (passage) => {
        let end = 0;
        for (const { text, start, from, indent } of splitSentences(passage)) {
          expect(passage.slice(start, start + text.length)).toBe(text);
          expect(text).toMatch(/[\p{L}\p{N}]/u);
          expect(from).toBeGreaterThanOrEqual(end);
          expect(from).toBeLessThanOrEqual(start);
          expect(passage.slice(from - indent, from)).toMatch(/^[ \t]*$/);
          end = start + text.length;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("leaves no words out but those of a table's header, which stand with its rows", () => {
    fc.assert(
      fc.property(markdown, (passage) => {
        let rest = passage;
        for (const { text, start, header } of splitSentences(passage)) {
          for (const part of header ? [header, { text, start }] : [{ text, start }]) {
            rest =
              rest.slice(0, part.start) +
              " ".repeat(part.text.length) +
              rest.slice(part.start + part.text.length);
          }
        }
        expect(rest).not.toMatch(/\p{L}/u);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a paragraph's sentences", () => {
  it.each([
    [
      "end at points, question marks and exclamation marks",
      "One. Two? Three! Four",
      ["One.", "Two?", "Three!", "Four"],
    ],
    [
      "go over wrapped lines",
      "One goes\non here. Two goes\r\non.",
      ["One goes\non here.", "Two goes\r\non."],
    ],
    [
      "don't end at abbreviations",
      "Use a tool, e.g. Docker. See Dr. Who, i.e. J. Smith.",
      ["Use a tool, e.g. Docker.", "See Dr. Who, i.e. J. Smith."],
    ],
    [
      "end at an apostrophe's letter",
      "Beans don't. It’s. Peas do.",
      ["Beans don't.", "It’s.", "Peas do."],
    ],
    [
      "don't end at a number's sign",
      "See No. 5 and Fig. 3. He said no. 5 came.",
      ["See No. 5 and Fig. 3.", "He said no. 5 came."],
    ],
    [
      "don't end in numbers",
      "Node 24.1 is 3.5 times faster. Take it.",
      ["Node 24.1 is 3.5 times faster.", "Take it."],
    ],
    [
      "don't end in addresses",
      "Open https://a.example/x.html?q=A.B!c now. Go on.",
      ["Open https://a.example/x.html?q=A.B!c now.", "Go on."],
    ],
    [
      "end behind an address",
      "See https://a.example/x. Then go.",
      ["See https://a.example/x.", "Then go."],
    ],
    [
      "don't end in code",
      "Call `a.b(c). D` first. `main.ts` runs it.",
      ["Call `a.b(c). D` first.", "`main.ts` runs it."],
    ],
    [
      "take their emphasis along",
      "**Be careful.** _Go on!_ End.",
      ["**Be careful.**", "_Go on!_", "End."],
    ],
    [
      "take their quotation marks along",
      "He said “Stop.” Then he left.",
      ["He said “Stop.”", "Then he left."],
    ],
    [
      "need no spaces where the script has none",
      "これは文です。次の文です。",
      ["これは文です。", "次の文です。"],
    ],
    ["have words", "One. … Two. 7.", ["One.", "… Two."]],
  ])("%s", (_, passage, sentences) => {
    expect(texts(passage)).toEqual(sentences);
  });
});

describe("a list", () => {
  it("gives its items without their markers, and tells where they begin with them", () => {
    const passage = "- First. Still first.\n- Second\n  goes on.\n  1) Nested\n* [ ] Last";
    const items = splitSentences(passage);
    expect(items.map(({ text }) => text)).toEqual([
      "First. Still first.",
      "Second\n  goes on.",
      "Nested",
      "[ ] Last",
    ]);
    expect(items.map(({ from, start }) => passage.slice(from, start))).toEqual([
      "- ",
      "- ",
      "1) ",
      "* ",
    ]);
    expect(items.map(({ indent }) => indent)).toEqual([0, 0, 2, 0]);
    expect(new Set(items.map(({ kind, block }) => `${kind} ${block}`))).toEqual(
      new Set(["item 0"]),
    );
  });

  it("gives a long item by sentences", () => {
    const sentence = `${"word ".repeat(30).trim()}.`;
    const units = splitSentences(`- ${sentence.replace("w", "W")} W${sentence.slice(1)}`);
    expect(units.map(({ kind, from, start }) => [kind, start - from])).toEqual([
      ["prose", 2],
      ["prose", 0],
    ]);
  });

  it("gives an item's code and further paragraphs by themselves", () => {
    const passage = "1. Run:\n\n   ```sh\n   npm start\n   ```\n\n   It runs. It stops.\n2. Done";
    expect(texts(passage)).toEqual([
      "Run:",
      "```sh\n   npm start\n   ```",
      "It runs.",
      "It stops.",
      "Done",
    ]);
    expect(splitSentences(passage)[1]).toMatchObject({ kind: "code", indent: 3, block: 0 });
  });
});

describe("code", () => {
  it("is one unit with its fences", () => {
    expect(texts("Run.\n\n```sh\nnpm start\n\nnpm test\n```\n\nDone.")).toEqual([
      "Run.",
      "```sh\nnpm start\n\nnpm test\n```",
      "Done.",
    ]);
    expect(texts("~~~\na. B. C\n")).toEqual(["~~~\na. B. C"]);
    expect(texts("A.\n\n    indented. Code\n\n    more\n\nB.")).toEqual([
      "A.",
      "    indented. Code\n\n    more",
      "B.",
    ]);
  });

  it("without words is no unit", () => {
    expect(texts("```\n```\n\n~~~\n---\n~~~")).toEqual([]);
  });
});

describe("a table", () => {
  it("gives its rows, each with the header, and not the rule", () => {
    const passage =
      "Look:\n\n| code | meaning |\n|---|:--:|\n| 1 | one |\n| 2 | two. Two |\n\nEnd.";
    const [intro, one, two, end] = splitSentences(passage);
    expect([intro?.text, one?.text, two?.text, end?.text]).toEqual([
      "Look:",
      "| 1 | one |",
      "| 2 | two. Two |",
      "End.",
    ]);
    expect(one?.header).toEqual({ text: "| code | meaning |\n|---|:--:|", start: 7 });
    expect(two?.header).toEqual(one?.header);
    expect([intro?.header, end?.header]).toEqual([undefined, undefined]);
  });

  it("that was cut off its header gives its rows alone", () => {
    expect(
      splitSentences("| 1 | one. One |\n| 2 | two |").map(({ kind, text }) => [kind, text]),
    ).toEqual([
      ["row", "| 1 | one. One |"],
      ["row", "| 2 | two |"],
    ]);
  });
});

it("a block quote gives its paragraphs", () => {
  expect(texts("> One. Two\n> goes on.\n>\n> Three.")).toEqual([
    "> One. Two\n> goes on.",
    "> Three.",
  ]);
});
