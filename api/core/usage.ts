import type { BudgetDay } from "./answering/budget.ts";
import { AppError } from "./errors.ts";
import type { DayUsage, UsageStore } from "./ports.ts";
import type { Tenant } from "./tenant.ts";

/** The longest range that is read at once, in days. */
export const maxUsageDays = 366;
const defaultDays = 30;
const dayMs = 86_400_000;

/** UTC days such as `2026-11-23`, both included. */
export interface UsageRange {
  /** Left out: 29 days before `to`. */
  readonly from?: string | null | undefined;
  /** Left out: today. */
  readonly to?: string | null | undefined;
}

export type UsageTotal = Omit<DayUsage, "day" | "meanFirstChunkMs" | "meanTotalMs">;

/** What language models may cost today, and what of it is gone; US dollars. */
export interface BudgetReport extends BudgetDay {
  /** Null: no limit. */
  readonly limit: number | null;
}

export interface UsageReport {
  readonly from: string;
  readonly to: string;
  /** Those that have any turns, oldest first. */
  readonly days: readonly DayUsage[];
  readonly total: UsageTotal;
  /** Of today, whatever the range. */
  readonly budget: BudgetReport;
}

/** What a tenant has used. @throws AppError INVALID_REQUEST */
export async function readUsage(
  usage: UsageStore,
  tenant: Tenant,
  range: UsageRange,
  now: Date,
): Promise<UsageReport> {
  const today = Math.floor(now.getTime() / dayMs);
  const to = range.to ? parseDay("to", range.to) : today;
  const from = range.from ? parseDay("from", range.from) : to - (defaultDays - 1);
  if (from > to) throw new AppError("INVALID_REQUEST", "from: a day not after `to` is expected");
  if (to - from >= maxUsageDays) {
    throw new AppError("INVALID_REQUEST", `from: at most ${maxUsageDays} days are read at once`);
  }
  const [days, budget] = await Promise.all([
    usage.readUsage(tenant, formatDay(from), formatDay(to)),
    usage.readBudget(tenant, formatDay(today)),
  ]);
  return {
    from: formatDay(from),
    to: formatDay(to),
    days,
    total: addUp(days),
    budget: { limit: tenant.settings.budget.perDay, ...budget },
  };
}

/** Days since the epoch. */
function parseDay(name: string, text: string): number {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  // A day that no month has, such as the 30th of February, would be carried over to the next.
  if (time >= 0 && formatDay(time / dayMs) === text) return time / dayMs;
  throw new AppError("INVALID_REQUEST", `${name}: a day such as 2026-11-23 is expected`);
}

function formatDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

function addUp(days: readonly DayUsage[]): UsageTotal {
  const sum = (valueOf: (day: DayUsage) => number) =>
    days.reduce((total, day) => total + valueOf(day), 0);
  return {
    turns: sum((day) => day.turns),
    failedTurns: sum((day) => day.failedTurns),
    promptTokens: sum((day) => day.promptTokens),
    completionTokens: sum((day) => day.completionTokens),
    totalTokens: sum((day) => day.totalTokens),
    cost: sum((day) => day.cost),
  };
}
