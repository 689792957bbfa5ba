import { expect, it } from "vitest";
import { textbookRanking } from "../../../api/core/retrieval/bm25.ts";
import { mergePostings, rankPassages } from "../../../api/core/retrieval/rank-passages.ts";
import type { Postings } from "../../../api/core/retrieval/search-index.ts";

/** Each place with how often the term stands in its text. */
function makePostings(
  places: readonly (readonly [document: number, rank: number, text: number])[],
) {
  const column = (read: (place: readonly [number, number, number]) => number) =>
    Int32Array.from(places, read);
  const none = new Int32Array(places.length);
  const postings: Postings = {
    size: places.length,
    documents: column(([document]) => document),
    ranks: column(([, rank]) => rank),
    texts: column(([, , text]) => text),
    headings: none,
    titles: none,
    lengths: Int32Array.from(places, () => 10),
  };
  return postings;
}

it("keeps of very many equal ones the first, in the order of their places", () => {
  const places = Array.from({ length: 5000 }, (_, i) => [Math.floor(i / 7), i % 7, 1] as const);
  const best = rankPassages(
    [{ weight: 1, postings: makePostings(places) }],
    10,
    textbookRanking,
    10,
  );
  expect(best.map(({ document, rank }) => [document, rank])).toEqual(
    places.slice(0, 10).map(([document, rank]) => [document, rank]),
  );
});

it("adds what the terms bring to a passage, wherever they begin and end", () => {
  const a = makePostings([
    [1, 0, 1],
    [2, 1, 1],
    [9, 0, 1],
  ]);
  const b = makePostings([
    [2, 0, 1],
    [2, 1, 1],
  ]);
  const terms = [
    { weight: 2, postings: a },
    { weight: 3, postings: b },
  ];
  const best = rankPassages(terms, 10, textbookRanking, 10);
  expect(best.map(({ document, rank, sum }) => [document, rank, Number(sum.toFixed(6))])).toEqual([
    [2, 1, 5],
    [2, 0, 3],
    [1, 0, 2],
    [9, 0, 2],
  ]);
});

it("merges two terms' postings into those of one", () => {
  const a = makePostings([
    [1, 0, 1],
    [2, 1, 2],
  ]);
  const b = makePostings([
    [1, 3, 1],
    [2, 1, 5],
    [3, 0, 1],
  ]);
  expect(mergePostings(a, b)).toEqual(
    makePostings([
      [1, 0, 1],
      [1, 3, 1],
      [2, 1, 7],
      [3, 0, 1],
    ]),
  );
});
