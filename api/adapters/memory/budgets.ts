import type { BudgetDay, BudgetStore } from "../../core/answering/budget.ts";
import { findAttempt, type FindRows, type StoredHold, type TenantRows } from "./rows.ts";

/** Sums are whole numbers of the smallest part of a dollar that costs have, since those of fractions drift. */
const perDollar = 1e8;

export function createMemoryBudgets(rowsOf: FindRows): BudgetStore {
  return {
    async reserve(tenant, { messageId, attempt, day, amount }) {
      const data = rowsOf(tenant);
      const row = findAttempt(data, messageId, attempt);
      if (!row) return "lost";
      remove(data, (hold) => hold.messageId === messageId && hold.attempt === attempt);
      const units = Math.round(amount * perDollar);
      const used = (data.spentUnits.get(day) ?? 0) + heldOn(data, day);
      const limit = (tenant.settings.budget.perDay ?? Infinity) * perDollar;
      if (used + units > limit) return "full";
      const { chatId } = row.message;
      data.holds = [...data.holds, { messageId, attempt, chatId, day, units }];
      return "held";
    },
  };
}

/** The attempt's hold gives way to what it has cost, those of earlier attempts are charged as they are. */
export function settleTurn(
  data: TenantRows,
  messageId: string,
  attempt: number,
  cost: number,
  today: string,
): void {
  const holds = remove(data, (hold) => hold.messageId === messageId);
  const own = holds.find((hold) => hold.attempt === attempt);
  for (const hold of holds) if (hold !== own) charge(data, hold.day, hold.units);
  charge(data, own?.day ?? today, Math.round(cost * perDollar));
}

/** All that is held in a chat that is deleted is charged. */
export function settleChat(data: TenantRows, chatId: string): void {
  for (const { day, units } of remove(data, (hold) => hold.chatId === chatId))
    charge(data, day, units);
}

export function readBudgetDay(data: TenantRows, day: string): BudgetDay {
  return {
    spent: (data.spentUnits.get(day) ?? 0) / perDollar,
    held: heldOn(data, day) / perDollar,
  };
}

function heldOn({ holds }: TenantRows, day: string): number {
  return holds.reduce((sum, hold) => sum + (hold.day === day ? hold.units : 0), 0);
}

function charge({ spentUnits }: TenantRows, day: string, units: number): void {
  spentUnits.set(day, (spentUnits.get(day) ?? 0) + units);
}

function remove(data: TenantRows, isMeant: (hold: StoredHold) => boolean): StoredHold[] {
  const removed = data.holds.filter(isMeant);
  data.holds = data.holds.filter((hold) => !isMeant(hold));
  return removed;
}
