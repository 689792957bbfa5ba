import type { Input } from "./operation.ts";
import { isRecord } from "./operation.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Follows `$ref` and takes null away. @param root where `#/…` leads. */
export function resolveSchema(schema: unknown, root: Schema): Schema {
  let found: unknown = schema;
  while (isRecord(found) && typeof found.$ref === "string") {
    const steps = found.$ref.replace(/^#\//, "").split("/");
    found = steps.reduce<unknown>((at, step) => (isRecord(at) ? at[step] : undefined), root);
  }
  if (!isRecord(found)) throw new Error(`This is no schema: ${JSON.stringify(schema)}`);
  const choices = [found.anyOf, found.oneOf].find(Array.isArray);
  const others = choices?.filter((choice) => !isRecord(choice) || choice.type !== "null");
  return others?.length === 1 ? resolveSchema(others[0], root) : found;
}

/** The inputs of an object, those within its objects too. An object without named fields is one input. */
export function listInputs(
  schema: unknown,
  root: Schema,
  path: string,
  isRequired: boolean,
): Input[] {
  const { type, properties, required, enum: options, const: only } = resolveSchema(schema, root);
  if (isRecord(properties)) {
    const needed = Array.isArray(required) ? required : [];
    return Object.entries(properties).flatMap(([name, inner]) =>
      listInputs(inner, root, `${path}.${name}`, isRequired && needed.includes(name)),
    );
  }
  const values = only === undefined ? options : [only];
  return [
    {
      path,
      isRequired,
      options: Array.isArray(values) ? values.filter(isText) : undefined,
      isList: type === "array" || (Array.isArray(type) && type.includes("array")),
    },
  ];
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
