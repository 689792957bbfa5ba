import { budgetExceeded, type BudgetStore, type TurnBudget } from "../answering/budget.ts";
import type { Clock } from "../ports.ts";
import { persistBriefly } from "./persist.ts";
import type { TurnJob } from "./turn.ts";

export interface TurnBudgetDeps {
  readonly budgets: BudgetStore;
  readonly clock: Clock;
}

/**
 * What the attempt may spend, of the day on which it asks.
 * @param stop aborts when the attempt is to end, after which nothing is asked of a model.
 * @param onLost called when the attempt turns out to be no longer ours; aborts `stop`.
 */
export function createTurnBudget(
  { budgets, clock }: TurnBudgetDeps,
  { tenant, answer }: Pick<TurnJob, "tenant" | "answer">,
  stop: AbortSignal,
  onLost: () => void,
): TurnBudget {
  let held = 0;
  return {
    isLimited: tenant.settings.budget.perDay !== null,
    get held() {
      return held;
    },
    async reserve(amount) {
      held = 0;
      const day = new Date(clock.now()).toISOString().slice(0, 10);
      const hold = { messageId: answer.id, attempt: answer.attempt, day, amount };
      const outcome = await persistBriefly(clock, stop, () => budgets.reserve(tenant, hold));
      if (outcome === "lost") onLost();
      stop.throwIfAborted();
      if (outcome !== "held") throw budgetExceeded();
      held = amount;
    },
  };
}
