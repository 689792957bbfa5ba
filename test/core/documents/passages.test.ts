import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { passageLength } from "../../../api/core/documents/join-parts.ts";
import { splitDocument, splitPassages, titleOf } from "../../../api/core/documents/passages.ts";
import { markdown } from "../../support/markdown.ts";

const words = (count: number) => Array.from({ length: count }, (_, i) => `word${i}`).join(" ");
const headings = (text: string) => splitPassages(text).map(({ heading }) => heading);
const texts = (text: string) => splitPassages(text).map((passage) => passage.text);

describe("every text", () => {
  it("gives passages that are exact slices of it, in order and without overlap", () => {
    fc.assert(
      fc.property(markdown, (text) => {
        let end = 0;
        for (const passage of splitPassages(text)) {
          expect(text.slice(passage.start, passage.start + passage.text.length)).toBe(passage.text);
          expect(passage.start).toBeGreaterThanOrEqual(end);
          expect(passage.text).toMatch(/\S/);
          end = passage.start + passage.text.length;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("loses nothing but white space, headings and rules", () => {
    fc.assert(
      fc.property(markdown, (text) => {
        let rest = "";
        let end = 0;
        for (const passage of splitPassages(text)) {
          rest += text.slice(end, passage.start) + "\n\0\n";
          end = passage.start + passage.text.length;
        }
        const lines = (rest + text.slice(end))
          .split(/\r\n|\n|\r/)
          .filter((line) => /[^\s\0]/.test(line));
        const isUnderline = (line: string | undefined) =>
          line !== undefined && /^\s*(?:==+|--+)\s*$/.test(line);
        for (const [i, line] of lines.entries()) {
          const isHeading =
            /^\s*#{1,6}(?:\s|$)/.test(line) || isUnderline(line) || isUnderline(lines[i + 1]);
          expect(isHeading || /^\s*([-*_])(?:\s*\1){2,}\s*$/.test(line), JSON.stringify(line)).toBe(
            true,
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["number signs", "#".repeat(100_000)],
    ["headings", "#\n".repeat(100_000)],
    ["backticks", "`".repeat(100_000)],
    ["fences", "```\n".repeat(100_000)],
    ["unclosed fences", "```x\n".repeat(100_000)],
    ["nested lists", Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}- a\n`).join("")],
    ["list markers", "- ".repeat(100_000)],
    ["quote marks", ">".repeat(100_000)],
    ["table cells", "|-\n".repeat(100_000)],
    ["colons", "a:\n\n".repeat(50_000)],
    ["one word", "a".repeat(1_000_000)],
    ["pairs of surrogates", "😀".repeat(100_000)],
    ["blank lines", " \n".repeat(200_000)],
    ["blank lines in the middle", `a${"\n".repeat(1_000_000)}b`],
    ["nested quotes", Array.from({ length: 1000 }, (_, i) => `${"> ".repeat(i)}a\n`).join("")],
    ["a line of 10 MiB", "word ".repeat(2_097_152)],
    ["headings of all levels", "# a\n\n## b\n\n###### c\n\nd\n\n".repeat(10_000)],
  ])("of hostile %s is split all the same", (_, text) => {
    for (const passage of splitPassages(text)) {
      expect(text.startsWith(passage.text, passage.start)).toBe(true);
      expect(passage.text.isWellFormed()).toBe(true);
      expect(passage.text.length).toBeLessThanOrEqual(passageLength.mostCode + passageLength.least);
    }
  });
});

describe("headings", () => {
  it("stand above their passages, outermost first", () => {
    const text = "Intro.\n\n# Guide\n\nA.\n\n## Start ##\n\nB.\n\n### Deep\n\nC.\n\n## End\n\nD.";
    expect(headings(text)).toEqual([
      "",
      "Guide",
      "Guide › Start",
      "Guide › Start › Deep",
      "Guide › End",
    ]);
    expect(texts(text)).toEqual(["Intro.", "A.", "B.", "C.", "D."]);
  });

  it("may be underlined", () => {
    expect(headings("Guide\n=====\n\nA.\n\nStart\n---\nB.")).toEqual(["Guide", "Guide › Start"]);
  });

  it("lose the marks for code, links and emphasis", () => {
    expect(headings("# Use `npm` with *[care](https://example.com)*\n\nA.")).toEqual([
      "Use npm with care",
    ]);
  });

  it("are not found inside fenced code, also of a list", () => {
    const text =
      "# Guide\n\n```sh\n# not a heading\nrun\n```\n\n- Run:\n\n  ~~~\n  # nor this\n  ~~~\n\n- ```\n# nor this\n  ```\n\n# End\n\nB.";
    expect(headings(text)).toEqual(["Guide", "End"]);
    expect(texts(text)[0]).toContain("# nor this\n  ```");
  });

  it("alone make no passage", () => {
    expect(splitPassages("# A\n\n## B\n\n---\n\nC\n===\n")).toEqual([]);
    expect(splitPassages("")).toEqual([]);
  });

  it("that are as long as a paragraph are paragraphs", () => {
    expect(texts(`# ${words(100)}`)).toEqual([`# ${words(100)}`]);
  });
});

describe("blocks", () => {
  it("of one section are joined up to the length of a passage", () => {
    const paragraph = `${words(40)}.`;
    const passages = splitPassages(
      `# Guide\n\n${Array.from({ length: 12 }, () => paragraph).join("\n\n")}`,
    );
    expect(passages.length).toBeGreaterThan(1);
    for (const { text } of passages) {
      expect(text.length).toBeGreaterThanOrEqual(passageLength.least);
      expect(text.length).toBeLessThanOrEqual(passageLength.most);
      expect(text.startsWith("word0")).toBe(true);
      expect(text.endsWith(".")).toBe(true);
    }
  });

  it("of two sections are not joined", () => {
    expect(texts("# A\n\nOne.\n\n---\n\nTwo.\n\n# B\n\nThree.")).toEqual([
      "One.",
      "Two.",
      "Three.",
    ]);
  });

  it("stay with the line that introduces them", () => {
    const code = `\`\`\`\n${"x = 1;\n".repeat(120)}\`\`\``;
    const passages = texts(`${words(100)}.\n\nRun this:\n\n${code}`);
    expect(passages).toEqual([`${words(100)}.`, `Run this:\n\n${code}`]);
  });

  it("of code are kept whole up to twice the length", () => {
    const code = `\`\`\`ts\n${"const a = 1;\n\n".repeat(150)}\`\`\``;
    expect(code.length).toBeLessThan(passageLength.mostCode);
    expect(texts(`# A\n\n${code}`)).toEqual([code]);
  });

  it("that are longer are cut at lines, items, rows and sentences", () => {
    const cases = [
      { text: `\`\`\`\n${"const a = 1;\n".repeat(400)}\`\`\``, begins: /^(?:```|const)/ },
      { text: "- an item of a list\n  that goes on\n".repeat(80), begins: /^- an item/ },
      {
        text: `| a | b |\n| --- | --- |\n${"| one | two |\n".repeat(200)}`,
        begins: /^\| (?:a|one)/,
      },
      { text: "This is a sentence, e.g. one. ".repeat(100), begins: /^This is/ },
    ];
    for (const { text, begins } of cases) {
      const pieces = texts(text);
      expect(pieces.length).toBeGreaterThan(2);
      for (const piece of pieces) {
        expect(piece).toMatch(begins);
        expect(piece.length).toBeLessThanOrEqual(passageLength.most + passageLength.least);
      }
    }
  });

  it("keep their place whatever ends the lines", () => {
    const text = "# A\r\n\r\nOne\r\ntwo.\r\n\r\n## B\r\rThree.";
    expect(splitPassages(text)).toEqual([
      { heading: "A", text: "One\r\ntwo.", start: 7, page: null },
      { heading: "A › B", text: "Three.", start: text.indexOf("Three"), page: null },
    ]);
  });
});

describe("many tiny sections one after another", () => {
  const glossary = (count: number) =>
    `# Glossary\n\n${Array.from({ length: count }, (_, i) => `## Term ${i}\n\nMeaning ${i}.`).join("\n\n")}`;

  it("are joined under the heading above them, and keep their own headings within", () => {
    const text = glossary(10_000);
    const passages = splitPassages(text);
    expect(passages.length).toBeLessThan(700);
    for (const { heading, text: words } of passages) {
      expect(heading).toBe("Glossary");
      expect(words).toMatch(/^## Term \d+\n\nMeaning/);
      expect(words.length).toBeLessThanOrEqual(600);
    }
    const all = passages.map((passage) => passage.text).join("\n\n");
    expect(all).toBe(text.slice(text.indexOf("## Term 0")));
  });

  it("stay passages of their own where they are few, or stand at several levels", () => {
    expect(headings(glossary(8)).at(-1)).toBe("Glossary › Term 7");
    const cascade = Array.from(
      { length: 60 },
      (_, i) => `${"#".repeat((i % 6) + 1)} H${i}\n\nText.`,
    ).join("\n\n");
    expect(splitPassages(cascade)).toHaveLength(60);
  });

  it("leave a longer section between them by itself", () => {
    const long = `## Long\n\n${words(60)}`;
    const text = `${glossary(20)}\n\n${long}\n\n${glossary(20).replace("# Glossary\n\n", "")}`;
    expect(splitPassages(text).filter(({ heading }) => heading === "Glossary › Long")).toHaveLength(
      1,
    );
    expect(new Set(headings(text))).toEqual(new Set(["Glossary", "Glossary › Long"]));
  });

  it("are passages even without a word below them", () => {
    const text = Array.from({ length: 40 }, (_, i) => `## Only a heading ${i}`).join("\n\n");
    expect(texts(text).join("\n\n")).toBe(text);
  });
});

describe("pages", () => {
  const paragraph = `${words(45)}.`;
  const pages = (text: string, starts: readonly number[]) =>
    splitPassages(
      text,
      starts.map((start, i) => ({ start, page: i + 1 })),
    );

  it("are those on which the passages begin", () => {
    const text = Array.from({ length: 5 }, () => paragraph).join("\n\n");
    const second = text.indexOf("word0", 2 * paragraph.length);
    const passages = pages(text, [0, second]);
    expect(passages.map(({ page }) => page)).toEqual([1, 2]);
    expect(passages[1]?.start).toBe(second);
  });

  it("aren't joined, but for what would be too short by itself", () => {
    const text = `Short end of a page.\n\n${paragraph}\n\n${paragraph}`;
    const starts = [0, text.indexOf("word0"), text.lastIndexOf("word0")];
    expect(pages(text, starts).map(({ page, text: words }) => [page, words.length])).toEqual([
      [1, starts[2]! - 2],
      [3, paragraph.length],
    ]);
  });

  it("keep their numbers where some hold no text", () => {
    expect(splitPassages("One.", [{ page: 7, start: 0 }])).toMatchObject([{ page: 7 }]);
    expect(splitPassages("One.")).toMatchObject([{ page: null }]);
  });
});

describe("the title of a text", () => {
  it.each([
    ["its first heading", "Some words.\n\n## The `title`\n\n# Other", "The title"],
    ["its underlined heading", "The title\n===", "The title"],
    ["its first words where it has no heading", "A note.\nMore.", "A note."],
    ["not all of its first words where they are many", words(30), `${words(12)}…`],
    ["nothing in an empty text", " \n", ""],
  ])("is %s", (_, text, title) => {
    expect(titleOf(text)).toBe(title);
  });
});

describe("a text that falls into very many passages", () => {
  const unit = (n: number) => `# Matter ${n}\n\n## One\n\nx${n}\n\n### Two\n\ny${n}\n\n`;
  const text = `# All\n\n${Array.from({ length: 30_000 }, (_, n) => unit(n)).join("")}`;

  it("is split across its sections, and loses no heading but those that stand with a passage", () => {
    const passages = splitPassages(text);
    expect(passages.length).toBeLessThan(40_000);
    let end = 0;
    for (const { start, text: own, heading } of passages) {
      expect(text.startsWith(own, start)).toBe(true);
      expect(own.length).toBeLessThanOrEqual(passageLength.most + passageLength.least);
      for (const [line] of text.slice(end, start).matchAll(/\S.*/g))
        expect(heading.split(" › ")).toContain(line.replace(/^#+ /, ""));
      end = start + own.length;
    }
    expect(text.slice(end).trim()).toBe("");
  });

  it("keeps its pages apart", () => {
    const half = text.indexOf("# Matter 15000");
    const pages = [
      { page: 1, start: 0 },
      { page: 2, start: half },
    ];
    for (const { start, text: own, page } of splitPassages(text, pages)) {
      expect(page).toBe(start < half ? 1 : 2);
      if (page === 1) expect(start + own.length).toBeLessThanOrEqual(half);
    }
  });
});

it("of very long headings the innermost stand with a passage", () => {
  const heading = (level: number) => `${"#".repeat(level)} ${level} ${"long ".repeat(30)}\n\n`;
  const [passage] = splitPassages(`${[1, 2, 3, 4].map(heading).join("")}Words.`);
  expect(passage?.heading.split(" › ").map((title) => title[0])).toEqual(["4"]);
});

it("a document is split, and its first words are found, as they are alone", () => {
  fc.assert(
    fc.property(markdown, (text) => {
      const parsed = { text, title: undefined, language: "en", pages: [{ page: 3, start: 0 }] };
      expect(splitDocument(parsed)).toEqual({
        ...parsed,
        passages: splitPassages(text, parsed.pages),
        firstWords: titleOf(text),
      });
    }),
  );
});
