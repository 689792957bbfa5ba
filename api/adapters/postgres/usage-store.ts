import type { BudgetDay } from "../../core/answering/budget.ts";
import type { DayUsage, UsageStore } from "../../core/ports.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

export function createUsageStore(work: TenantWork): UsageStore {
  return {
    readUsage: (tenant, from, to) =>
      work(tenant, (em) => em.execute<DayUsage[]>(usageSql(quotedSchema(tenant)), [from, to])),
    readBudget: (tenant, day) =>
      work(tenant, async (em) => {
        const rows = await em.execute<BudgetDay[]>(budgetSql(quotedSchema(tenant)), [day]);
        return rows[0] ?? { spent: 0, held: 0 };
      }),
  };
}

/** Sums are bigint and numeric in PostgreSQL, which the driver would hand over as text. */
const usageSql = (schema: string) => `
  select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD') as day,
         count(*)::int as turns,
         (count(*) filter (where outcome not in ('stop', 'length', 'cancelled', 'content_filter')))::int as "failedTurns",
         sum(prompt_tokens)::float8 as "promptTokens",
         sum(completion_tokens)::float8 as "completionTokens",
         sum(total_tokens)::float8 as "totalTokens",
         sum(cost_estimate)::float8 as cost,
         avg(first_chunk_ms)::float8 as "meanFirstChunkMs",
         avg(total_ms)::float8 as "meanTotalMs"
  from ${schema}.analytics
  where created_at >= ?::date::timestamp at time zone 'UTC'
    and created_at < (?::date + 1)::timestamp at time zone 'UTC'
  group by 1 order by 1`;

const budgetSql = (schema: string) => `
  select spent::float8 as spent, held::float8 as held from ${schema}.budget_days where day = ?::date`;
