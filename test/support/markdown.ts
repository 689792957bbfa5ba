import fc from "fast-check";

const word = fc.constantFrom(
  "alpha",
  "beta",
  "e.g.",
  "Gamma.",
  "delta:",
  "ε",
  "😀",
  "`co.de`",
  "**bold**",
  "https://x.example/a?b=c",
  "1.",
  "Why?",
  "日本。",
);
const sentence = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(" "));
const mark = fc.constantFrom(
  "",
  "# ",
  "### ",
  "- ",
  "  - ",
  "    ",
  "1. ",
  "> ",
  "| ",
  "\t",
  "#",
  "12) ",
  " ",
);
const whole = fc.constantFrom(
  "",
  "",
  "---",
  "===",
  "***",
  "```",
  "```ts",
  "~~~",
  "  ```",
  "| a | b |",
  "|---|---|",
  "| x | y |",
  ">",
  "- ",
  "#",
  "--",
  "\0",
  "\ud83d",
);
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(mark, sentence).map(([lead, text]) => lead + text) },
  { weight: 4, arbitrary: whole },
  {
    weight: 1,
    arbitrary: fc
      .tuple(sentence, fc.integer({ min: 1, max: 80 }))
      .map(([text, times]) => `${text} `.repeat(times)),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
);

/** Text that is full of what Markdown means something by, well-formed and not. */
export const markdown = fc
  .tuple(fc.array(line, { maxLength: 40 }), fc.constantFrom("\n", "\n", "\r\n", "\r"))
  .map(([lines, lineBreak]) => lines.join(lineBreak));
