import { requireAdmin } from "../core/access/caller.ts";
import type { DayUsage as DayShape } from "../core/ports.ts";
import {
  maxUsageDays,
  readUsage,
  type BudgetReport,
  type UsageReport,
  type UsageTotal,
} from "../core/usage.ts";
import { builder } from "./builder.ts";

// Sums can pass the 32 bits of Int.
const Total = builder.objectRef<UsageTotal>("UsageTotal").implement({
  fields: (t) => ({
    turns: t.exposeFloat("turns"),
    failedTurns: t.exposeFloat("failedTurns"),
    promptTokens: t.exposeFloat("promptTokens"),
    completionTokens: t.exposeFloat("completionTokens"),
    totalTokens: t.exposeFloat("totalTokens"),
    costEstimate: t.float({ description: "US dollars.", resolve: ({ cost }) => cost }),
  }),
});

const DayUsage = builder.objectRef<DayShape>("DayUsage").implement({
  description: "What a tenant has used on one day in UTC.",
  fields: (t) => ({
    day: t.field({ type: "Date", resolve: ({ day }) => day }),
    turns: t.exposeInt("turns"),
    failedTurns: t.exposeInt("failedTurns"),
    promptTokens: t.exposeFloat("promptTokens"),
    completionTokens: t.exposeFloat("completionTokens"),
    totalTokens: t.exposeFloat("totalTokens"),
    costEstimate: t.float({ description: "US dollars.", resolve: ({ cost }) => cost }),
    meanFirstChunkMs: t.exposeFloat("meanFirstChunkMs", {
      nullable: true,
      description: "Null on a day without turns that published text.",
    }),
    meanTotalMs: t.exposeFloat("meanTotalMs", { nullable: true }),
  }),
});

const Budget = builder.objectRef<BudgetReport>("Budget").implement({
  description: "What language models may cost a tenant on one day in UTC, in US dollars.",
  fields: (t) => ({
    limit: t.exposeFloat("limit", { nullable: true, description: "Null: there is none." }),
    spent: t.exposeFloat("spent"),
    held: t.exposeFloat("held", { description: "For answers under way." }),
  }),
});

const Usage = builder.objectRef<UsageReport>("Usage").implement({
  fields: (t) => ({
    from: t.field({ type: "Date", resolve: ({ from }) => from }),
    to: t.field({ type: "Date", resolve: ({ to }) => to }),
    days: t.field({
      type: [DayUsage],
      description: "Those with any turns, oldest first.",
      resolve: ({ days }) => days,
    }),
    total: t.field({ type: Total, resolve: ({ total }) => total }),
    budget: t.field({
      type: Budget,
      description: "Of today, whatever the range.",
      resolve: ({ budget }) => budget,
    }),
  }),
});

builder.queryField("usage", (t) =>
  t.field({
    type: Usage,
    nullable: true,
    complexity: 50,
    description: `What the tenant has used, at most ${maxUsageDays} days at once. For admins.`,
    args: {
      from: t.arg({ type: "Date", description: "Left out: 29 days before `to`." }),
      to: t.arg({ type: "Date", description: "Left out: today." }),
    },
    resolve(_root, range, context) {
      requireAdmin(context.caller);
      const { usage, reader } = context.services;
      return readUsage(usage, context.caller.tenant, range, new Date(reader.clock.now()));
    },
  }),
);
