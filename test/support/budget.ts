import type { TurnBudget } from "../../api/core/answering/budget.ts";
import { budgetExceeded } from "../../api/core/answering/budget.ts";

/** The budget of a tenant without a limit, which nobody has to ask. */
export const unlimited: TurnBudget = {
  isLimited: false,
  held: 0,
  reserve: () => Promise.reject(new Error("A budget without a limit was asked")),
};

/** A budget in memory for one attempt, with all amounts that it was asked for. */
export function createTestBudget(
  limit: number,
): TurnBudget & { readonly asked: readonly number[] } {
  const asked: number[] = [];
  let held = 0;
  return {
    isLimited: true,
    asked,
    get held() {
      return held;
    },
    async reserve(amount) {
      asked.push(amount);
      held = 0;
      if (amount > limit) throw budgetExceeded();
      held = amount;
    },
  };
}
