import { expect, test } from "vitest";
import { decodePostings, encodeMentions } from "../../../api/adapters/postgres/postings-codec.ts";
import { sortTerms } from "../../../api/adapters/postgres/sort-terms.ts";
import {
  createTermCollection,
  mostTerms,
  type TermBatch,
} from "../../../api/adapters/postgres/term-batches.ts";
import type { Mention } from "../../../api/core/retrieval/document-terms.ts";

const mention = (rank: number): Mention => ({
  rank,
  text: rank,
  heading: rank % 2,
  title: 0,
  length: 9,
});
const readRows = (batches: readonly TermBatch[]) =>
  batches.flatMap(({ terms, passages, data }) => {
    const [names = [], counts = [], bytes = []] = [terms, passages, data].map((list) =>
      list.slice(1, -1).split(","),
    );
    return names.map((term, i) => ({ term, count: Number(counts[i]), hex: bytes[i] }));
  });

test("a term's row holds its mentions in their order, however the terms are mixed", async () => {
  const collection = createTermCollection();
  const expected = new Map<string, Mention[]>();
  for (let rank = 0; rank < 3000; rank += 1) {
    for (const term of [`t${(rank * 7) % 1009}`, "common", `u${rank}`]) {
      collection.add(term, mention(rank));
      expected.set(term, [...(expected.get(term) ?? []), mention(rank)]);
    }
  }
  const rows = readRows(await collection.toBatches());
  expect(rows.map(({ term }) => term)).toEqual([...expected.keys()].toSorted());
  for (const { term, count, hex = "" } of rows) {
    const mentions = expected.get(term) ?? [];
    expect([count, hex]).toEqual([mentions.length, encodeMentions(mentions).toString("hex")]);
  }
  const number = Buffer.alloc(4);
  const common = rows.find(({ term }) => term === "common")?.hex ?? "";
  expect(decodePostings(Buffer.concat([number, Buffer.from(common, "hex")]), 0).size).toBe(3000);
});

test("no statement gets more than its share, however many rows or bytes there are", async () => {
  const many = createTermCollection();
  for (let n = 0; n < 12_000; n += 1) many.add(`t${n}`, mention(0));
  const sizes = (await many.toBatches()).map((batch) => readRows([batch]).length);
  expect(sizes).toEqual([5000, 5000, 2000]);
  const large = createTermCollection();
  for (let rank = 0; rank < 100_000; rank += 1)
    for (const term of ["a", "b", "c", "d", "e", "f"]) large.add(term, mention(rank));
  const batches = await large.toBatches();
  expect(batches.length).toBeGreaterThan(1);
  expect(readRows(batches).map(({ count }) => count)).toEqual(Array(6).fill(100_000));
});

test("a document has so many terms, and so many characters of them; those that it has are counted on", async () => {
  const collection = createTermCollection();
  for (let n = 0; n < mostTerms.count; n += 1) collection.add(n.toString(36), mention(0));
  collection.add("one more", mention(1));
  collection.add("0", mention(1));
  const rows = readRows(await collection.toBatches());
  expect(rows).toHaveLength(mostTerms.count);
  expect(rows.find(({ term }) => term === "0")?.count).toBe(2);
  const long = createTermCollection();
  for (let n = 0; n <= mostTerms.characters / 50; n += 1)
    long.add(String(n).padStart(50, "x"), mention(0));
  expect(readRows(await long.toBatches())).toHaveLength(mostTerms.characters / 50);
});

test("terms are sorted as at once, and others have their turn meanwhile", async () => {
  const terms = Array.from({ length: 50_001 }, (_, n) => `${(n * 7919) % 50_021}é`);
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  expect(await sortTerms(terms)).toEqual(terms.toSorted());
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  expect(await sortTerms([])).toEqual([]);
});
