import fc from "fast-check";
import { expect, it } from "vitest";
import { costOf } from "../../../api/core/answering/cost.ts";
import type { ModelPrice } from "../../../api/core/answering/answerer.ts";

const priced = (price?: ModelPrice) => ({ priceOf: () => price });

it("adds up prompt and answer, and what was cached at its own price", () => {
  const price = { inputPerToken: 0.01, outputPerToken: 0.03, cachedInputPerToken: 0.005 };
  const use = { promptTokens: 100, completionTokens: 10 };
  expect(costOf("m", use, priced(price))).toBe(1.3);
  expect(costOf("m", { ...use, cachedTokens: 40 }, priced(price))).toBe(1.1);
  const plain = { inputPerToken: 0.01, outputPerToken: 0.03 };
  expect(costOf("m", { ...use, cachedTokens: 40 }, priced(plain))).toBe(1.3);
});

it("is nothing for a model without a price", () => {
  expect(costOf("m", { promptTokens: 100, completionTokens: 10 }, priced())).toBe(0);
});

it("has the decimals that are stored, and is never below nothing", () => {
  const count = fc.nat({ max: 1_000_000 });
  const price = fc.double({ min: 0, max: 0.001, noNaN: true });
  fc.assert(
    fc.property(
      fc.record({ promptTokens: count, completionTokens: count, cachedTokens: count }),
      fc.record({ inputPerToken: price, outputPerToken: price, cachedInputPerToken: price }),
      (use, prices) => {
        const cost = costOf("m", use, priced(prices));
        expect(cost).toBeGreaterThanOrEqual(0);
        expect(Number(cost.toFixed(8))).toBe(cost);
      },
    ),
  );
});
