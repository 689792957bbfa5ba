import {
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from "graphql";

/** How many items each page within a page is asked for: all of them would cost more than an operation may. */
const innerPage = 5;
const deepest = 9;

/**
 * Every field that a type has, and those of what it holds, each type once on its way down: so that whatever could
 * leak is asked for. Empty for a scalar.
 */
export function selectAll(schema: GraphQLSchema, type: GraphQLNamedType): string {
  return select(schema, type, [], 1);
}

function select(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  above: readonly string[],
  depth: number,
): string {
  if (isLeafType(type)) return "";
  const parts = ["__typename"];
  if (isAbstractType(type)) {
    for (const possible of schema.getPossibleTypes(type))
      parts.push(`... on ${possible.name} ${select(schema, possible, above, depth)}`);
  } else if (isObjectType(type)) {
    for (const field of Object.values(type.getFields()))
      parts.push(...selectField(schema, field, [...above, type.name], depth));
  }
  return `{ ${parts.join(" ")} }`;
}

function selectField(
  schema: GraphQLSchema,
  { name, type, args }: GraphQLField<unknown, unknown>,
  above: readonly string[],
  depth: number,
): string[] {
  const inner = getNamedType(type);
  if (above.includes(inner.name) || (depth >= deepest && !isLeafType(inner))) return [];
  const given = args.some((arg) => arg.name === "first") ? `(first: ${innerPage})` : "";
  return [`${name}${given} ${select(schema, inner, above, depth + 1)}`.trim()];
}
