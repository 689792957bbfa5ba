import type { BudgetStore, HoldOutcome } from "../../api/core/answering/budget.ts";
import type { Ending } from "../../api/core/message.ts";
import type { UsageStore } from "../../api/core/ports.ts";
import { parseSettings, type Tenant } from "../../api/core/tenant.ts";
import { completed, failed, makeFinish, saveNew, type StoreHarness } from "./store-fixtures.ts";

export interface BudgetHarness extends StoreHarness {
  readonly budgets: BudgetStore;
  /** Of another process over the same data. */
  readonly otherBudgets: BudgetStore;
  readonly usage: UsageStore;
}

let days = 0;

/** A UTC day that no other test spends anything on. */
export function unspentDay(): string {
  days += 1;
  return new Date(Date.UTC(2032, 0, days)).toISOString().slice(0, 10);
}

/** The tenant with so many US dollars a day; null: without a limit. */
export function withBudget(tenant: Tenant, perDay: number | null): Tenant {
  const { budget } = parseSettings({ budget: { usd_per_day: perDay } }, tenant.id);
  return { ...tenant, settings: { ...tenant.settings, budget } };
}

/** An ending that has cost so many US dollars. */
export function costing(cost: number, type: Ending["type"] = "complete"): Ending {
  const usage = { ...completed.usage, cost };
  return type === "complete" ? { ...completed, usage } : { ...failed, usage };
}

/** The scene of one test: a tenant with a budget, on a day of its own. */
export function openScene(harness: BudgetHarness, perDay: number | null, tenant = harness.tenant) {
  const day = unspentDay();
  const { store, usage } = harness;
  const limited = withBudget(tenant, perDay);
  return {
    day,
    tenant: limited,
    read: () => usage.readBudget(tenant, day),
    readDay: (other: string) => usage.readBudget(tenant, other),
    /** The answer of a new turn. */
    async begin() {
      const { answer } = await saveNew({ ...harness, tenant });
      await store.startAttempt(tenant, answer.id, 1);
      return answer;
    },
    reserve: (
      messageId: string,
      amount: number,
      { attempt = 1, on = day, budgets = harness.budgets } = {},
    ): Promise<HoldOutcome> => budgets.reserve(limited, { messageId, attempt, day: on, amount }),
    finish: (messageId: string, ending: Ending, attempt = 1) =>
      store.finishTurn(limited, messageId, attempt, makeFinish("Text", ending)),
    /** The next attempt belongs to another process. */
    takeOver: (messageId: string, from = 1) =>
      store.takeOver(tenant, messageId, from, `process-${from + 1}`),
  };
}
