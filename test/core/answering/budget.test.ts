import { describe, expect, it } from "vitest";
import {
  budgetExceeded,
  isOverBudget,
  mostCostOf,
  stepsAtLimit,
} from "../../../api/core/answering/budget.ts";
import { AppError, errorTable } from "../../../api/core/errors.ts";
import { makeTenant } from "../../support/tenant.ts";

const prices = {
  priceOf: (model: string) =>
    model === "priced"
      ? { inputPerToken: 0.001, outputPerToken: 0.01, cachedInputPerToken: 0.0001 }
      : undefined,
};

describe("the most that a request can cost", () => {
  it("is the whole prompt without a rebate, and every token that the answer may have", () => {
    const use = { promptTokens: 100, completionTokens: 20 };
    expect(mostCostOf("priced", use, prices)).toBe(0.3);
  });

  it("is unknown for a model without a price", () => {
    expect(
      mostCostOf("local", { promptTokens: 100, completionTokens: 20 }, prices),
    ).toBeUndefined();
  });
});

describe("the steps at the limit", () => {
  const stepsOf = (budget: object) => stepsAtLimit(makeTenant("demo", { budget }).settings.budget);

  it("are those that the tenant has chosen, in its order", () => {
    const cheaper_model = "small";
    for (const at_limit of [
      ["cheaper_model", "extract"],
      ["extract", "cheaper_model"],
    ])
      expect(stepsOf({ at_limit, cheaper_model })).toEqual(at_limit);
    expect(stepsOf({ at_limit: [] })).toEqual([]);
  });

  it("leave out the cheaper model where none is named", () => {
    expect(stepsOf({ at_limit: ["cheaper_model", "extract"] })).toEqual(["extract"]);
  });
});

it("who has no budget left is told so, with a code of its own", () => {
  const error = budgetExceeded();
  expect(error).toMatchObject({ code: "BUDGET_EXCEEDED", status: 429 });
  expect(isOverBudget(error)).toBe(true);
  expect(isOverBudget(new AppError("QUOTA_EXCEEDED", "Messages"))).toBe(false);
  expect(isOverBudget(new Error("BUDGET_EXCEEDED"))).toBe(false);
  expect(errorTable.BUDGET_EXCEEDED.close).toBe(4429);
});
