import type { BudgetStore } from "../../core/answering/budget.ts";
import type { ChatStore, UsageStore } from "../../core/ports.ts";
import type { TurnStop, TurnStore } from "../../core/turns/turn-store.ts";
import { createMemoryBudgets } from "./budgets.ts";
import { createMemoryChats } from "./chats.ts";
import { noLease, type MemoryLeases } from "./leases.ts";
import { createRows } from "./rows.ts";
import { createMemoryTurns } from "./turns.ts";
import { createMemoryUsage } from "./usage.ts";

export interface MemoryStoreOptions {
  /** Those that owners of turns must hold; left out: every owner is believed. */
  readonly leases?: Pick<MemoryLeases, "holds">;
  /** Told of each turn that is to be stopped, and of each chat that is deleted. */
  readonly onStop?: (stop: TurnStop) => void;
}

/**
 * Chats, turns, their usage and budgets in the memory of one process: what the tests of the core stand on.
 * @param now the time that usage is counted under.
 */
export function createMemoryStore(
  now: () => Date = () => new Date(),
  { leases, onStop = () => undefined }: MemoryStoreOptions = {},
): ChatStore & TurnStore & BudgetStore & UsageStore {
  const rowsOf = createRows();
  const requireLease = (process: string): void => {
    if (leases && !leases.holds(process)) throw noLease();
  };
  return {
    ...createMemoryChats(rowsOf, onStop),
    ...createMemoryTurns(rowsOf, { now, requireLease, onStop }),
    ...createMemoryUsage(rowsOf),
    ...createMemoryBudgets(rowsOf),
  };
}
