import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { splitPassages } from "../../api/core/documents/passages.ts";
import {
  isRight,
  judgeAnswers,
  type Outcome,
  type Place,
} from "../../scripts/eval/judge-answers.ts";
import { type JudgedQuestion, readQuestions } from "../../scripts/eval/questions.ts";
import { platformPrefix } from "../../scripts/platform-prefix.ts";

const root = join(import.meta.dirname, "../..");
const file = join(root, "scripts/eval/questions.jsonl");

describe("the questions over the project's own documentation", () => {
  const questions = readQuestions(readFileSync(file, "utf8"), "questions.jsonl");
  const headings = new Map<string, ReadonlySet<string>>();

  /** The headings that passages of a document stand below. */
  function listHeadings(source: string): ReadonlySet<string> {
    const known = headings.get(source);
    if (known) return known;
    const text = readFileSync(join(root, source.slice(platformPrefix.length)), "utf8");
    const found = new Set(splitPassages(text).flatMap(({ heading }) => heading.split(" › ")));
    headings.set(source, found);
    return found;
  }

  it("are at least 60 that it answers and 40 that it doesn't", () => {
    expect(questions.filter(({ answerable }) => answerable).length).toBeGreaterThanOrEqual(60);
    expect(questions.filter(({ answerable }) => !answerable).length).toBeGreaterThanOrEqual(40);
  });

  it("name documents and headings that are there", () => {
    const missing = questions.flatMap(({ id, relevant }) =>
      relevant
        .filter(({ source, heading }) => {
          expect(source.startsWith(platformPrefix), id).toBe(true);
          return heading !== undefined && !listHeadings(source).has(heading);
        })
        .map(({ source, heading }) => `${id}: ${source} › ${heading}`),
    );
    expect(missing).toEqual([]);
  });
});

describe("a file of questions", () => {
  const good = '{"id": "a", "question": "Why?", "relevant": [{"source": "x"}], "answerable": true}';

  it("is read without its empty lines", () => {
    expect(readQuestions(`\n${good}\n\n`, "q")).toEqual([
      { id: "a", question: "Why?", relevant: [{ source: "x" }], answerable: true },
    ]);
  });

  test.each([
    ["{", "q:2: not JSON"],
    ["[]", "q:2: an object is expected"],
    ['{"question": "Why?", "answerable": false}', "q:2: id: a text is expected"],
    ['{"id": "b", "question": " ", "answerable": false}', "q:2: question: a text is expected"],
    ['{"id": "b", "question": "Why?"}', "q:2: answerable: true or false is expected"],
    ['{"id": "b", "question": "Why?", "answerable": true}', "q:2: relevant: an answerable"],
    [
      '{"id": "b", "question": "Why?", "answerable": false, "relevant": [{"source": "x"}]}',
      "q:2: relevant: a question that isn't",
    ],
    [
      '{"id": "b", "question": "Why?", "answerable": true, "relevant": [{"heading": "x"}]}',
      "q:2: relevant[0]: ",
    ],
    [good, "q:2: id: a stands in line 1 already"],
  ])("is refused for the line %s, by its number", (line, fault) => {
    expect(() => readQuestions(`${good}\n${line}\n`, "q")).toThrow(fault);
  });

  it("is refused for all of its faults at once, and when it is empty", () => {
    expect(() => readQuestions("{}\n[]", "q")).toThrow(/^q:1: .+\nq:2: .+$/);
    expect(() => readQuestions("\n", "q")).toThrow("q: no questions");
  });
});

describe("the figures", () => {
  const places: readonly Place[] = [
    { source: "a.md", heading: "A › Price" },
    { source: "a.md", heading: "A › Size › Small" },
    { source: "b.md", heading: "" },
  ];
  const [price, small, other] = places;
  const ask = (id: string, relevant: JudgedQuestion["relevant"]): JudgedQuestion => ({
    id,
    question: "?",
    relevant,
    answerable: relevant.length > 0,
  });
  const outcome = (question: JudgedQuestion, more: Partial<Outcome>): Outcome => ({
    question,
    found: [],
    cited: [],
    verified: [],
    searchMs: 1,
    answerMs: 10,
    ...more,
  });

  it("know a place by its document and any heading above it", () => {
    const of = (source: string, heading?: string) =>
      isRight(outcome(ask("q", [{ source, heading }]), { cited: small ? [small] : [] }));
    expect(of("a.md")).toBe(true);
    expect(of("a.md", "Size")).toBe(true);
    expect(of("a.md", "Price")).toBe(false);
    expect(of("b.md", "Size")).toBe(false);
  });

  it("tell what was found, what was answered and how long it took", () => {
    if (!price || !small || !other) throw new Error("There are three places");
    const asked = ask("q", [{ source: "a.md", heading: "Size" }]);
    const lines = judgeAnswers([
      outcome(asked, { found: places, cited: [small], verified: [true, false] }),
      outcome(asked, { found: [small, small], cited: [other], verified: [true], answerMs: 30 }),
      outcome(asked, { found: [price], cited: undefined, answerMs: 1000 }),
      outcome(ask("n", []), { found: [price] }),
      outcome(ask("n", []), { cited: [price], verified: [true] }),
    ]).map((one) => one.replace(/ {2,}/g, " ").trim());
    // (1 / log2(3) + 1 + 0) / 3
    expect(lines).toEqual([
      "questions 3 answerable, 2 not",
      "search by words nDCG@10 0.5436, recall@1 0.3333, recall@6 0.6667, recall@10 0.6667",
      "answerable: answered 2 of 2 (100.0 %)",
      "citing a right place 1 of 2 (50.0 %)",
      "not answerable: said so 1 of 2 (50.0 %)",
      "verified citations 3 of 4 (75.0 %)",
      "time of a search p50 1 ms, p95 1 ms",
      "time to the whole answer p50 10 ms, p95 30 ms",
      "ended in an error 1 of 5 (20.0 %)",
    ]);
  });
});
