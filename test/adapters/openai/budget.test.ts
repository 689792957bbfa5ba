import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { longestAnswer } from "../../../api/adapters/openai/answerer.ts";
import { createTestBudget, unlimited } from "../../support/budget.ts";
import { answerWith } from "../../support/openai-server.ts";
import { openModelWorld, prices, type ModelWorld } from "../../support/model-world.ts";
import { tokens } from "../../support/core.ts";
import { makeTenant } from "../../support/tenant.ts";

let world: ModelWorld;

beforeEach(async () => {
  world = await openModelWorld();
  world.server.use(answerWith(["Six hours."]));
});

afterEach(() => world.close());

/** What a prompt counts by the tests' counter, as the prompt's builder counts it. */
function countPrompt(messages: readonly { content: string }[]): number {
  return messages.reduce((sum, { content }) => sum + tokens.countTokens(content) + 4, 3);
}

describe("where the tenant has a budget", () => {
  it("holds the prompt and the longest answer at the model's price, and asks the model for no more", async () => {
    const budget = createTestBudget(1000);
    await world.ask({ budget }).result;
    const { body } = await world.server.nth(0);
    // A quarter of 32,000 is above the most that is kept free.
    expect(body.max_tokens).toBe(4096);
    const most = countPrompt(body.messages) * 0.001 + 4096 * 0.002;
    expect(budget.asked).toEqual([expect.closeTo(most, 8)]);
    expect(budget.held).toBeCloseTo(most, 8);
  });

  it("holds the configured length where there is one", async () => {
    const limited = await openModelWorld({ replyTokens: 100 });
    try {
      limited.server.use(answerWith(["Yes."]));
      const budget = createTestBudget(1000);
      await limited.ask({ budget }).result;
      const { body } = await limited.server.nth(0);
      expect(body.max_tokens).toBe(100);
      expect(budget.held).toBeCloseTo(countPrompt(body.messages) * 0.001 + 0.2, 8);
    } finally {
      await limited.close();
    }
  });

  it("holds no more than an answer can have before it is cut", async () => {
    const roomy = await openModelWorld({ replyTokens: 900_000, contextTokens: 2_000_000 });
    try {
      roomy.server.use(answerWith(["Yes."]));
      const budget = createTestBudget(1000);
      await roomy.ask({ budget }).result;
      expect((await roomy.server.nth(0)).body.max_tokens).toBe(longestAnswer);
      expect(budget.held).toBeGreaterThan(longestAnswer * 0.002);
      expect(budget.held).toBeLessThan(longestAnswer * 0.002 + 1);
      await roomy.ask({ budget: unlimited }).result;
      expect((await roomy.server.nth(1)).body.max_tokens).toBe(900_000);
    } finally {
      await roomy.close();
    }
  });

  it("asks nothing of a model that doesn't fit", async () => {
    const budget = createTestBudget(0.01);
    const { pieces, result } = world.ask({ budget });
    await expect(result).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
    expect(pieces).toEqual([]);
    expect(world.server.requests).toHaveLength(0);
  });

  it("holds once for a request that is sent again", async () => {
    const budget = createTestBudget(1000);
    world.server.queue(
      (request) => request.fail(503),
      (request) => request.fail(429),
    );
    await world.passPauses(world.ask({ budget }).result);
    expect(world.server.requests).toHaveLength(3);
    expect(budget.asked).toHaveLength(1);
  });

  it("holds nothing for a model without a price, and asks it for no shorter answer", async () => {
    const budget = createTestBudget(0);
    expect(prices.priceOf("local")).toBeUndefined();
    await world.ask({ budget, tenant: makeTenant("demo", { model: "local" }) }).result;
    expect(budget.asked).toEqual([]);
    expect((await world.server.nth(0)).body).not.toHaveProperty("max_tokens");
  });
});

it("without a limit nobody asks the budget, and the model may write as much as it likes", async () => {
  await world.ask({ budget: unlimited }).result;
  expect((await world.server.nth(0)).body).not.toHaveProperty("max_tokens");
});
