import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuseRanks, relevanceOf } from "../../../api/core/retrieval/fuse-ranks.ts";
import { makePassage } from "./make-passage.ts";

const least = 0.25;
const lexical = (n: number, score: number) => makePassage(n, `Text ${n}`, score);
const near = (n: number, similarity: number) => {
  const { score: _none, ...passage } = makePassage(n, `Text ${n}`, 0);
  return { passage, similarity };
};
const idsOf = (passages: readonly { id: string }[]) =>
  passages.map(({ id }) => Number(id.replace("passage-", "")));

describe("two lists as one", () => {
  it("are ordered by the sum of 1 / (60 + rank): what both find comes before what one finds better", () => {
    const fused = fuseRanks(
      [lexical(1, 0.9), lexical(2, 0.8), lexical(3, 0.7)],
      [near(4, 0.9), near(3, 0.5), near(5, 0.4)],
      least,
    );
    // 3: 1/63 + 1/62; 1 and 4: 1/61; 2: 1/62; 5: 1/63.
    expect(idsOf(fused)).toEqual([3, 1, 4, 2, 5]);
  });

  it("of equal places the more relevant comes first, then the smaller id", () => {
    expect(idsOf(fuseRanks([lexical(1, 0.9)], [near(2, 0.3)], least))).toEqual([1, 2]);
    expect(idsOf(fuseRanks([lexical(1, 0.3)], [near(2, 0.9)], least))).toEqual([2, 1]);
    const same = relevanceOf(0.5, least);
    expect(idsOf(fuseRanks([lexical(2, same)], [near(1, 0.5)], least))).toEqual([1, 2]);
  });

  it("keep of each passage the better of its two relevances", () => {
    const [better] = fuseRanks([lexical(1, 0.9)], [near(1, 0.3)], least);
    expect(better?.score).toBe(0.9);
    const [nearer] = fuseRanks([lexical(1, 0.3)], [near(1, 0.9)], least);
    expect(nearer?.score).toBe(relevanceOf(0.9, least));
  });

  it("one of them alone keeps its order and its scores", () => {
    const words = [lexical(1, 0.9), lexical(2, 0.2)];
    expect(fuseRanks(words, [], least)).toEqual(words);
    expect(idsOf(fuseRanks([], [near(2, 0.9), near(1, 0.4)], least))).toEqual([2, 1]);
  });

  it("hold each passage once, with a score from 0 to 1, whatever the lists", () => {
    const list = fc.uniqueArray(fc.tuple(fc.nat(20), fc.double({ min: 0, max: 1, noNaN: true })), {
      selector: ([n]) => n,
    });
    fc.assert(
      fc.property(list, list, (a, b) => {
        const fused = fuseRanks(
          a.map(([n, score]) => lexical(n, score)),
          b.map(([n, similarity]) => near(n, similarity)),
          least,
        );
        const all = [...new Set([...a, ...b].map(([n]) => n))];
        expect(new Set(idsOf(fused))).toEqual(new Set(all));
        expect(fused).toHaveLength(all.length);
        expect(fused.every(({ score }) => score >= 0 && score <= 1)).toBe(true);
      }),
    );
  });
});

it("relevance grows with similarity, from what is just near enough to the same meaning", () => {
  expect(relevanceOf(least, least)).toBe(0.2);
  expect(relevanceOf(1, least)).toBe(1);
  expect(relevanceOf(0.4, least)).toBeCloseTo(0.36, 5);
  expect(relevanceOf(1.0000001, least)).toBe(1);
});
