import { GraphQLError, Kind, valueFromASTUntyped } from "graphql";
import { builder } from "./builder.ts";

builder.scalarType("DateTime", {
  description: "A moment, as RFC 3339 has it: `2026-11-23T09:30:00.000Z`.",
  specifiedByURL: "https://scalars.graphql.org/andimarek/date-time.html",
  serialize: (value) => value.toISOString(),
  parseValue(value) {
    const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(time)) throw new GraphQLError("A moment is expected");
    return new Date(time);
  },
});

builder.scalarType("Date", {
  description: "A day in UTC: `2026-11-23`.",
  serialize: (value) => value,
  parseValue(value) {
    if (typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value)) return value;
    throw new GraphQLError("A day such as 2026-11-23 is expected");
  },
});

builder.scalarType("JSON", {
  description: "Any value of JSON.",
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) =>
    node.kind === Kind.VARIABLE
      ? variables?.[node.name.value]
      : valueFromASTUntyped(node, variables),
});
