import type { Logger } from "../ports.ts";
import type { BudgetStep } from "../tenant.ts";
import { createSubstitutedAnswerer } from "./answer-fallback.ts";
import type { Answerer } from "./answerer.ts";
import { isOverBudget, stepsAtLimit } from "./budget.ts";

export interface BudgetLadder {
  /** Throws BUDGET_EXCEEDED before its first piece where its price doesn't fit. */
  readonly usual: Answerer;
  /** Who answers at each step. */
  readonly steps: Readonly<Record<BudgetStep, Answerer>>;
  readonly logger: Logger;
}

/** What `AnswerResult.degraded` says of the answer of a step. */
export const degradedByStep: Readonly<Record<BudgetStep, string>> = {
  cheaper_model: "budget_model",
  extract: "budget_extract",
};

/**
 * Answers by the usual model while the tenant's budget of the day has room for it, then by the steps that the
 * tenant has chosen, in their order.
 * @throws AppError BUDGET_EXCEEDED behind the last of them.
 */
export function createBudgetedAnswerer({ usual, steps, logger }: BudgetLadder): Answerer {
  const addStep = (primary: Answerer, step: BudgetStep): Answerer =>
    createSubstitutedAnswerer({
      primary,
      substitute: steps[step],
      isReason: isOverBudget,
      degraded: degradedByStep[step],
      onFailure: (_error, { tenant }) =>
        logger.info({ tenant_id: tenant.id, step }, "The budget of the day is reached"),
    });
  return {
    answer: (request, signal) =>
      stepsAtLimit(request.tenant.settings.budget).reduce(addStep, usual).answer(request, signal),
  };
}
