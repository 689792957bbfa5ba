import type { EntityManager } from "@mikro-orm/postgresql";
import type { BudgetHold, BudgetStore, HoldOutcome } from "../../core/answering/budget.ts";
import type { Tenant } from "../../core/tenant.ts";
import { unfinishedSql } from "./messages.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

export function createBudgetStore(work: TenantWork): BudgetStore {
  return { reserve: (tenant, hold) => work(tenant, (em) => reserve(em, tenant, hold)) };
}

async function reserve(
  em: EntityManager,
  tenant: Tenant,
  { messageId, attempt, day, amount }: BudgetHold,
): Promise<HoldOutcome> {
  const schema = quotedSchema(tenant);
  const [own] = await em.execute<{ chatId: string }[]>(lockSql(schema), [messageId, attempt]);
  if (!own) return "lost";
  await em.execute(freeSql(schema), [messageId, attempt]);
  const limit = String(tenant.settings.budget.perDay ?? Infinity);
  const taken = [day, amount, amount, limit, limit];
  const hold = [messageId, attempt, own.chatId, amount];
  const held = await em.execute<object[]>(holdSql(schema), [...taken, ...hold]);
  return held.length > 0 ? "held" : "full";
}

/**
 * Until the hold is there for them to find, nobody ends the attempt or deletes its chat; nor does the same call once
 * more, whose first reply was lost. Each later statement sees what those have left whom the lock waited for.
 */
const lockSql = (schema: string) => `
  select chat_id as "chatId" from ${schema}.chat_messages
  where id = ? and attempt = ? and ${unfinishedSql} for no key update`;

const freeSql = (schema: string) => `
  with former as (
    delete from ${schema}.budget_holds where message_id = ? and attempt = ? returning day, amount
  )
  update ${schema}.budget_days today set held = today.held - former.amount from former where today.day = former.day`;

/** The row of the day is changed only where there is room by then: who comes at the same time waits and looks anew. */
const holdSql = (schema: string) => `
  with taken as (
    insert into ${schema}.budget_days as today (day, spent, held)
    select ?::date, 0, ?::numeric where ?::numeric <= ?::numeric
    on conflict (day) do update set held = today.held + excluded.held
    where today.spent + today.held + excluded.held <= ?::numeric
    returning day
  )
  insert into ${schema}.budget_holds (message_id, attempt, chat_id, day, amount)
  select ?, ?::int, ?, day, ?::numeric from taken returning message_id`;

/**
 * Within the transaction that stores the ending: the attempt's hold gives way to what it has cost, those of earlier
 * attempts are charged as they are. A cost that nothing was held for, since there was no limit then, is today's.
 */
export async function settleTurn(
  em: EntityManager,
  tenant: Tenant,
  messageId: string,
  attempt: number,
  cost: number,
): Promise<void> {
  const settle = settleSql(quotedSchema(tenant), "message_id = ?");
  await em.execute(settle, [messageId, attempt, cost, cost, cost, attempt]);
}

/** Within the transaction that deletes a chat, behind the deletion: nobody can hold anything for it any more. */
export async function settleChat(em: EntityManager, tenant: Tenant, chatId: string): Promise<void> {
  const noAttempt = 0;
  const settle = settleSql(quotedSchema(tenant), "chat_id = ?");
  await em.execute(settle, [chatId, noAttempt, 0, 0, 0, noAttempt]);
}

/** A hold counts for what deletes its row, and so once. */
const settleSql = (schema: string, which: string) => `
  with gone as (
    delete from ${schema}.budget_holds where ${which} returning attempt, day, amount
  ), charge as (
    select day, amount as freed, case when attempt = ? then ?::numeric else amount end as cost from gone
    union all
    select (now() at time zone 'UTC')::date, 0, ?::numeric
    where ?::numeric > 0 and not exists (select from gone where attempt = ?)
  ), change as (
    select day, sum(freed) as freed, sum(cost) as cost from charge group by day
  )
  insert into ${schema}.budget_days as today (day, spent, held)
  select day, cost, 0 from change order by day
  on conflict (day) do update set spent = today.spent + excluded.spent,
    held = today.held - (select freed from change where change.day = excluded.day)`;
