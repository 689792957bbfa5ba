import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { createMemoryDocuments } from "../../../api/adapters/memory/documents.ts";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";
import { textbookRanking } from "../../../api/core/retrieval/bm25.ts";
import { findPassages } from "../../../api/core/retrieval/lexical-search.ts";
import { makeDocument, makePassage } from "../../contracts/documents-fixtures.ts";
import { makeTenant } from "../../support/tenant.ts";

// Node and the tests' loader disagree about the default of a CommonJS module.
const okapi: typeof import("okapibm25") = createRequire(import.meta.url)("okapibm25");

/** No word is a part of another, since the library counts parts too; all are their own stems. */
const words = "heron stork pelican egret avocet crane puffin gull tern plover dunlin knot".split(
  " ",
);

/**
 * k1 = 1.2, b = 0.75, idf = ln(1 + (N − n + 0.5) / (n + 0.5)): the library's own. Of equal ones the one that was put
 * first comes first.
 */
test("with weights off the ranking is that of an npm BM25 library, to the last place", async () => {
  const analyzer = createTextAnalyzer();
  const memory = createMemoryDocuments(analyzer);
  const tenant = makeTenant("demo");
  let state = 7;
  const random = (end: number) => (state = (state * 16_807) % 2_147_483_647) % end;
  const pick = () => words[Math.floor((random(1000) / 1000) ** 2 * words.length)] ?? "";
  const texts = Array.from({ length: 80 }, () =>
    Array.from({ length: 1 + random(20) }, pick).join(" "),
  );
  for (const text of texts)
    await memory.putDocument(tenant, makeDocument({ title: "" }), text, [makePassage(text)]);
  for (let round = 0; round < 60; round += 1) {
    const asked = Array.from({ length: 1 + random(5) }, pick);
    const { k1, b } = textbookRanking;
    const scores = okapi.default(texts, asked, { k1, b }) as number[];
    const expected = scores
      .map((score, place) => ({ score, place }))
      .filter(({ score }) => score > 0)
      .toSorted((x, y) => y.score - x.score || x.place - y.place);
    const deps = { readIndex: memory.readIndex, analyzer, parameters: textbookRanking };
    const { found } = await findPassages(deps, tenant, asked.join(" "), texts.length);
    expect(found.length).toBe(expected.length);
    for (const [i, { passage, sum }] of found.entries()) {
      expect(sum).toBeCloseTo(expected[i]?.score ?? 0, 9);
      expect(passage.text).toBe(texts[expected[i]?.place ?? -1]);
    }
  }
});
