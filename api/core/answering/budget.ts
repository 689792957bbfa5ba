import { AppError } from "../errors.ts";
import type { BudgetStep, Tenant, TenantBudget } from "../tenant.ts";
import type { PriceTable } from "./answerer.ts";
import { costOf, type TokenUse } from "./cost.ts";

/** What one attempt of a turn holds back of its tenant's budget while a model works for it. */
export interface BudgetHold {
  /** Of the answer. */
  readonly messageId: string;
  readonly attempt: number;
  /** The UTC day whose budget it is taken from, such as `2026-11-23`; its cost is counted there too, whenever it ends. */
  readonly day: string;
  /** US dollars. */
  readonly amount: number;
}

/** `full`: the day has no room for it. `lost`: the attempt is no longer ours, or the turn has ended. */
export type HoldOutcome = "held" | "full" | "lost";

/**
 * What language models may cost a tenant on one UTC day, exact over all processes: what was spent and what is held
 * never pass the limit together. A hold ends where its turn does, in the same step: `TurnStore.finishTurn` charges
 * what the attempt has cost in its place, and in place of each earlier attempt of the message all that it held, since
 * nobody knows what the provider billed for it; `ChatStore.deleteChat` charges all of what is held in the chat.
 */
export interface BudgetStore {
  /**
   * Holds the amount within the budget of the tenant's settings, in place of what the same attempt has held before:
   * its requests come one after another, and one that brought no answer costs nothing. Safe to repeat.
   */
  reserve(tenant: Tenant, hold: BudgetHold): Promise<HoldOutcome>;
}

/** US dollars of one UTC day. */
export interface BudgetDay {
  readonly spent: number;
  /** For answers under way. */
  readonly held: number;
}

/** What one attempt may spend. */
export interface TurnBudget {
  /** Whether the tenant has a limit at all. */
  readonly isLimited: boolean;
  /** US dollars, of the last reservation; 0 where there is none. */
  readonly held: number;
  /**
   * To be called before each request to a model that has a price, with the most that it can cost.
   * @throws AppError BUDGET_EXCEEDED; SERVICE_UNAVAILABLE
   */
  reserve(amount: number): Promise<void>;
}

/** The most that a request can cost, in US dollars; undefined for a model without a price, which no budget can hold back. */
export function mostCostOf(
  model: string,
  use: TokenUse,
  prices: Pick<PriceTable, "priceOf">,
): number | undefined {
  return prices.priceOf(model) ? costOf(model, use, prices) : undefined;
}

/** What a tenant wants tried in turn when the usual model doesn't fit; a step without what it takes is left out. */
export function stepsAtLimit({ atLimit, cheaperModel }: TenantBudget): readonly BudgetStep[] {
  return atLimit.filter((step) => step !== "cheaper_model" || cheaperModel !== null);
}

export function budgetExceeded(): AppError {
  return new AppError("BUDGET_EXCEEDED", "The language model's budget for today is used up");
}

export function isOverBudget(error: unknown): boolean {
  return error instanceof AppError && error.code === "BUDGET_EXCEEDED";
}
