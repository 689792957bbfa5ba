import { expect, it } from "vitest";
import { averageMeasures, measureRanking } from "../../scripts/eval/measures.ts";

it("is 1 when the relevant come first, and 0 when none is among the first ten", () => {
  expect(measureRanking(["a", "b", "c"], new Set(["b", "a"]))).toEqual({ ndcg: 1, recall: 1 });
  const late = [..."0123456789".split(""), "a"];
  expect(measureRanking(late, new Set(["a"]))).toEqual({ ndcg: 0, recall: 0 });
});

it("counts a later place less, and only the first ten", () => {
  // Second of two places: 1 / log2(3) of 1 + 1 / log2(3).
  const { ndcg, recall } = measureRanking(["x", "a"], new Set(["a", "b"]));
  expect(ndcg).toBeCloseTo(0.6309 / 1.6309, 3);
  expect(recall).toBe(0.5);
  expect(
    averageMeasures([
      { ndcg, recall },
      { ndcg: 0, recall: 1 },
    ]).recall,
  ).toBe(0.75);
});
