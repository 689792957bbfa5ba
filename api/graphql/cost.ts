import { createComplexityRule } from "@pothos/plugin-complexity";
import { validate, type DocumentNode, type GraphQLSchema } from "graphql";

/** The cost of one operation: a field is 1, a page as many times its fields as it may have items. */
export const maxCost = 5000;

export interface Operation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: { readonly [name: string]: unknown } | null | undefined;
  readonly contextValue?: unknown;
}

/** What the operation of a valid document costs; undefined where its variables are wrong. */
export function findCost({
  schema,
  document,
  operationName,
  variableValues,
}: Operation): number | undefined {
  let cost: number | undefined;
  const rule = createComplexityRule({
    context: {},
    variableValues: { ...variableValues },
    operationName: operationName ?? null,
    validate: ({ complexity }) => (cost = complexity),
  });
  // What else the rule finds, the execution says too.
  validate(schema, document, [rule]);
  return cost;
}
