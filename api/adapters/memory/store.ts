import type { BudgetStore } from "../../core/answering/budget.ts";
import type { UnansweredStore } from "../../core/answering/unanswered.ts";
import type { ChatStore, UsageStore } from "../../core/ports.ts";
import type { Erasure } from "../../core/erasure/erasure.ts";
import type { TurnStop, TurnStore } from "../../core/turns/turn-store.ts";
import { createMemoryBudgets } from "./budgets.ts";
import { createMemoryChats } from "./chats.ts";
import { noLease, type MemoryLeases } from "./leases.ts";
import { createRows } from "./rows.ts";
import { createMemoryTurns } from "./turns.ts";
import { createMemoryUnanswered } from "./unanswered.ts";
import { createMemoryUsage } from "./usage.ts";

export interface MemoryStoreOptions {
  /** Those that owners of turns must hold; left out: every owner is believed. */
  readonly leases?: Pick<MemoryLeases, "holds">;
  /** Told of each turn that is to be stopped, and of each chat that is deleted. */
  readonly onStop?: (stop: TurnStop) => void;
  /** Told of each deletion that was asked for with a receipt. */
  readonly onErase?: (erasure: Erasure) => void;
}

/**
 * Chats, turns, their usage and budgets in the memory of one process: what the tests of the core stand on.
 * @param now the time that usage is counted under.
 */
export function createMemoryStore(
  now: () => Date = () => new Date(),
  { leases, onStop = () => undefined, onErase }: MemoryStoreOptions = {},
): ChatStore & TurnStore & BudgetStore & UsageStore & UnansweredStore {
  const rowsOf = createRows();
  const requireLease = (process: string): void => {
    if (leases && !leases.holds(process)) throw noLease();
  };
  return {
    ...createMemoryChats(rowsOf, onStop, onErase),
    ...createMemoryTurns(rowsOf, { now, requireLease, onStop }),
    ...createMemoryUsage(rowsOf),
    ...createMemoryUnanswered(rowsOf),
    ...createMemoryBudgets(rowsOf),
  };
}
