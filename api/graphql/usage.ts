import type { DayUsage as DayShape } from "../core/ports.ts";
import { maxUsageDays, readUsage, type UsageReport, type UsageTotal } from "../core/usage.ts";
import { builder } from "./builder.ts";
import { requireAdmin } from "./context.ts";

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
      requireAdmin(context);
      const { usage, reader } = context.services;
      return readUsage(usage, context.caller.tenant, range, new Date(reader.clock.now()));
    },
  }),
);
