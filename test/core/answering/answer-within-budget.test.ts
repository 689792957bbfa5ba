import { describe, expect, it } from "vitest";
import { createBudgetedAnswerer } from "../../../api/core/answering/answer-within-budget.ts";
import { budgetExceeded } from "../../../api/core/answering/budget.ts";
import { noUsage } from "../../../api/core/message.ts";
import { ModelError } from "../../../api/core/answering/model-error.ts";
import { createRecordingLogger } from "../../support/logger.ts";
import { createManualAnswerer, plainResult } from "../../support/manual-answerer.ts";
import { askOf } from "../../support/model-world.ts";
import { makeTenant } from "../../support/tenant.ts";

function open(budget: object) {
  const [usual, cheaper, extract] = [1, 2, 3].map(() => createManualAnswerer());
  if (!usual || !cheaper || !extract) throw new Error("No answerers");
  const logger = createRecordingLogger();
  const answerer = createBudgetedAnswerer({
    usual,
    steps: { cheaper_model: cheaper, extract },
    logger,
  });
  const tenant = makeTenant("demo", { budget: { cheaper_model: "small", ...budget } });
  return { usual, cheaper, extract, logger, asked: askOf(answerer, { tenant, question: "Sun?" }) };
}

const both = { at_limit: ["cheaper_model", "extract"] };

it("the usual model answers while there is room for it, and nobody else is asked", async () => {
  const { usual, cheaper, extract, logger, asked } = open(both);
  const given = await usual.nth(0);
  given.say("One ", "two");
  given.finish({ finishReason: "length", degraded: ["model_unavailable"] });
  expect(await asked.result).toEqual({
    ...plainResult,
    finishReason: "length",
    degraded: ["model_unavailable"],
  });
  expect(asked.pieces).toEqual(["One ", "two"]);
  expect([...cheaper.asked, ...extract.asked]).toEqual([]);
  expect(logger.lines).toEqual([]);
});

it("the cheaper model answers where the usual one doesn't fit, and it is said", async () => {
  const { usual, cheaper, extract, logger, asked } = open(both);
  (await usual.nth(0)).fail(budgetExceeded());
  const given = await cheaper.nth(0);
  expect(given.request.question).toBe("Sun?");
  given.say("Small");
  given.finish({ model: "small" });
  expect(await asked.result).toEqual({
    ...plainResult,
    model: "small",
    degraded: ["budget_model"],
  });
  expect(asked.text()).toBe("Small");
  expect(extract.asked).toEqual([]);
  expect(logger.lines).toEqual([
    {
      level: "info",
      fields: { tenant_id: "demo", step: "cheaper_model" },
      text: "The budget of the day is reached",
    },
  ]);
});

it("the documents are quoted where the cheaper model doesn't fit either, and it is said", async () => {
  const { usual, cheaper, extract, asked } = open(both);
  (await usual.nth(0)).fail(budgetExceeded());
  (await cheaper.nth(0)).fail(budgetExceeded());
  (await extract.nth(0)).finish({ model: "extractive" });
  expect(await asked.result).toEqual({
    ...plainResult,
    model: "extractive",
    degraded: ["budget_extract"],
  });
});

it("the steps are taken in the tenant's order", async () => {
  const { usual, cheaper, extract, asked } = open({ at_limit: ["extract", "cheaper_model"] });
  (await usual.nth(0)).fail(budgetExceeded());
  (await extract.nth(0)).finish();
  expect((await asked.result).degraded).toEqual(["budget_extract"]);
  expect(cheaper.asked).toEqual([]);
});

describe("behind the last step the answer is refused", () => {
  it("where the tenant has chosen none", async () => {
    const { usual, cheaper, extract, asked } = open({ at_limit: [] });
    (await usual.nth(0)).fail(budgetExceeded());
    await expect(asked.result).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
    expect([...cheaper.asked, ...extract.asked]).toEqual([]);
  });

  it("where the cheaper model was the last", async () => {
    const { usual, cheaper, extract, asked } = open({ at_limit: "cheaper_model" });
    (await usual.nth(0)).fail(budgetExceeded());
    (await cheaper.nth(0)).fail(budgetExceeded());
    await expect(asked.result).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
    expect(extract.asked).toEqual([]);
  });
});

describe("no step is taken", () => {
  it("for any other failure", async () => {
    const { usual, cheaper, extract, asked } = open(both);
    const error = new ModelError("MODEL_UNAVAILABLE", "No model", { usage: noUsage });
    (await usual.nth(0)).fail(error);
    await expect(asked.result).rejects.toBe(error);
    expect([...cheaper.asked, ...extract.asked]).toEqual([]);
  });

  it("when the answer was stopped meanwhile", async () => {
    const { usual, cheaper, asked } = open(both);
    await usual.nth(0);
    asked.abort();
    await expect(asked.result).rejects.toThrow(/abort/i);
    expect(cheaper.asked).toEqual([]);
  });
});
