import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLSchema,
} from "graphql";
import { accessOf, put, type Input, type Operation } from "./operation.ts";
import { selectAll } from "./selection.ts";

/** Every query, mutation and subscription of a schema. */
export function listGraphqlOperations(schema: GraphQLSchema): Operation[] {
  const roots = [
    { operation: "query", type: schema.getQueryType() },
    { operation: "mutation", type: schema.getMutationType() },
    { operation: "subscription", type: schema.getSubscriptionType() },
  ] as const;
  return roots.flatMap(({ operation, type }) =>
    Object.values(type?.getFields() ?? {}).map((field) => toOperation(schema, operation, field)),
  );
}

const kinds = { query: "read", mutation: "change", subscription: "stream" } as const;

function toOperation(
  schema: GraphQLSchema,
  operation: keyof typeof kinds,
  field: GraphQLField<unknown, unknown>,
): Operation {
  const { name, args, type, description } = field;
  const gives = getNamedType(type);
  const declared = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(", ");
  const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const query = `${operation}${declared && `(${declared})`} { ${name}${passed && `(${passed})`} ${selectAll(schema, gives)} }`;
  const root = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}`;
  return {
    door: "graphql",
    name: `${root}.${name}`,
    access: accessOf(description ?? "", "person"),
    kind: kinds[operation],
    inputs: args.flatMap((arg) => listOf(arg, arg.name, true)),
    gives: gives.name,
    build(values) {
      const variables: Record<string, unknown> = {};
      for (const [path, value] of values) put(variables, path.split("."), value);
      return { type: "graphql", operation, query, variables };
    },
  };
}

function listOf(
  { type, defaultValue }: GraphQLArgument | GraphQLInputField,
  path: string,
  isNeeded: boolean,
): Input[] {
  const isRequired = isNeeded && isNonNullType(type) && defaultValue === undefined;
  const named = getNamedType(type);
  if (isInputObjectType(named))
    return Object.values(named.getFields()).flatMap((inner) =>
      // The input's name tells what a bare `id` in it names.
      listOf(inner, `${path}.${inner.name}`, isRequired || path === "input"),
    );
  return [
    {
      path,
      isRequired,
      options: isEnumType(named) ? named.getValues().map(({ name }) => name) : undefined,
      isList: isListType(getNullableType(type)),
    },
  ];
}
