import { createRoute, z } from "@hono/zod-openapi";
import type { DayUsage } from "../core/ports.ts";
import { maxUsageDays, readUsage, type UsageTotal } from "../core/usage.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonResponse, noStore } from "./operation.ts";

const day = z.string().openapi({ format: "date", example: "2026-11-23" });
const milliseconds = z
  .number()
  .nullable()
  .openapi({ description: "Mean in milliseconds; null where no turn published text" });

const totalSchema = z
  .object({
    turns: z.int(),
    failed_turns: z.int(),
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    total_tokens: z.number(),
    cost_estimate: z.number().openapi({ description: "US dollars" }),
  })
  .openapi("UsageTotal");

const daySchema = totalSchema
  .extend({ day, mean_first_chunk_ms: milliseconds, mean_total_ms: milliseconds })
  .openapi("DayUsage");

const dollars = z.number().openapi({ description: "US dollars" });

const budgetSchema = z
  .object({ limit: dollars.nullable(), spent: dollars, held: dollars })
  .openapi("Budget", {
    description:
      "What language models may cost today: the tenant's limit, null where it has none, what was spent of it, and what is held for answers under way",
  });

export const usageSchema = z
  .object({
    from: day,
    to: day,
    total: totalSchema,
    budget: budgetSchema,
    days: z.array(daySchema).openapi({ description: "Those with any turns, oldest first" }),
  })
  .openapi("Usage");

/** GET /admin/usage */
export function addUsage(rest: Rest, { apiPrefix, usage, reader }: RestDeps): void {
  const get = createRoute({
    method: "get",
    path: `${apiPrefix}/admin/usage` as const,
    tags: ["admin"],
    ...adminAccess,
    summary: "What the tenant has used, by day",
    description: `UTC days, both included: the last 30 unless others are asked for, and at most ${maxUsageDays}.`,
    request: { query: z.object({ from: day.optional(), to: day.optional() }) },
    responses: { 200: jsonResponse("The usage", usageSchema), ...adminErrors("INVALID_REQUEST") },
  });
  rest.openapi(get, async (c) => {
    const range = c.req.valid("query");
    const now = new Date(reader.clock.now());
    const { days, total, ...report } = await readUsage(usage, c.var.caller.tenant, range, now);
    return c.json({ ...report, total: wireTotal(total), days: days.map(wireDay) }, 200, noStore);
  });
}

function wireTotal(total: UsageTotal): z.infer<typeof totalSchema> {
  return {
    turns: total.turns,
    failed_turns: total.failedTurns,
    prompt_tokens: total.promptTokens,
    completion_tokens: total.completionTokens,
    total_tokens: total.totalTokens,
    cost_estimate: total.cost,
  };
}

function wireDay(usage: DayUsage): z.infer<typeof daySchema> {
  return {
    day: usage.day,
    ...wireTotal(usage),
    mean_first_chunk_ms: usage.meanFirstChunkMs,
    mean_total_ms: usage.meanTotalMs,
  };
}
