import type { DayUsage, UsageStore } from "../../core/ports.ts";
import type { TurnFinish } from "../../core/turns/turn-store.ts";
import { readBudgetDay } from "./budgets.ts";
import type { FindRows } from "./rows.ts";

export function createMemoryUsage(rowsOf: FindRows): UsageStore {
  return {
    async readUsage(tenant, from, to) {
      const turns = rowsOf(tenant).endedTurns.filter(({ day }) => from <= day && day <= to);
      const days = [...Map.groupBy(turns, ({ day }) => day)].toSorted(([a], [b]) =>
        a < b ? -1 : 1,
      );
      return days.map(([day, ended]) =>
        sumDay(
          day,
          ended.map(({ finish }) => finish),
        ),
      );
    },
    readBudget: async (tenant, day) => readBudgetDay(rowsOf(tenant), day),
  };
}

function sumDay(day: string, turns: readonly TurnFinish[]): DayUsage {
  const sum = (valueOf: (turn: TurnFinish) => number) =>
    turns.reduce((total, turn) => total + valueOf(turn), 0);
  const firstChunks = turns.flatMap(({ timing }) => timing.firstChunkMs ?? []);
  return {
    day,
    turns: turns.length,
    failedTurns: turns.filter(({ ending }) => ending.type === "error").length,
    promptTokens: sum(({ ending }) => ending.usage.promptTokens),
    completionTokens: sum(({ ending }) => ending.usage.completionTokens),
    totalTokens: sum(({ ending }) => ending.usage.totalTokens),
    cost: sum(({ ending }) => ending.usage.cost),
    meanFirstChunkMs: mean(firstChunks),
    meanTotalMs: mean(turns.map(({ timing }) => timing.totalMs)),
  };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}
