import {
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  parse,
  visit,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from "graphql";

/** How many items each page within a page is asked for: all of them would cost more than an operation may. */
const innerPage = 5;
const deepest = 9;
/** The server answers a few more; what is around the selection has its fields too. */
const mostFields = 290;
/** They have no pages and cost as many times their fields as they may be long: so of each item no more than its own. */
const longLists = ["BranchChanged.messages"];

/**
 * Every field that a type has, and those of what it holds, each type once on its way down: so that whatever could
 * leak is asked for. As deep as one query may ask for so many. Empty for a scalar.
 */
export function selectAll(schema: GraphQLSchema, type: GraphQLNamedType): string {
  for (let depth = deepest; ; depth -= 1) {
    const selection = select({ schema, deepest: depth }, type, [], 1);
    if (depth === 1 || countFields(selection) <= mostFields) return selection;
  }
}

function countFields(selection: string): number {
  let fields = 0;
  if (selection !== "") visit(parse(selection), { Field: () => void (fields += 1) });
  return fields;
}

interface Bounds {
  readonly schema: GraphQLSchema;
  readonly deepest: number;
}

function select(
  bounds: Bounds,
  type: GraphQLNamedType,
  above: readonly string[],
  depth: number,
): string {
  if (isLeafType(type)) return "";
  const parts = ["__typename"];
  if (isAbstractType(type)) {
    for (const possible of bounds.schema.getPossibleTypes(type))
      parts.push(`... on ${possible.name} ${select(bounds, possible, above, depth)}`);
  } else if (isObjectType(type)) {
    for (const field of Object.values(type.getFields()))
      parts.push(...selectField(bounds, field, [...above, type.name], depth));
  }
  return `{ ${parts.join(" ")} }`;
}

function selectField(
  bounds: Bounds,
  { name, type, args }: GraphQLField<unknown, unknown>,
  above: readonly string[],
  depth: number,
): string[] {
  const inner = getNamedType(type);
  if (above.includes(inner.name) || (depth >= bounds.deepest && !isLeafType(inner))) return [];
  const given = args.some((arg) => arg.name === "first") ? `(first: ${innerPage})` : "";
  const below = longLists.includes(`${above.at(-1)}.${name}`) ? bounds.deepest : depth + 1;
  return [`${name}${given} ${select(bounds, inner, above, below)}`.trim()];
}
