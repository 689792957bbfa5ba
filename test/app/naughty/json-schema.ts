/** As much of JSON Schema as our own documents have. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

export type Resolve = (schema: JsonSchema) => JsonSchema;

/** Follows the references within a document. */
export function createResolve(document: unknown): Resolve {
  return ({ $ref, ...schema }) => {
    if (!$ref) return schema;
    const found = $ref
      .slice("#/".length)
      .split("/")
      .reduce<unknown>((value, key) => Object(value)[key], document);
    if (!found) throw new Error(`${$ref} leads nowhere`);
    return found;
  };
}

/** Whether a text of a caller's own choice may stand there. */
export function takesText({ type, enum: values, const: only, anyOf = [] }: JsonSchema): boolean {
  if (values || only !== undefined) return false;
  return [type].flat().includes("string") || anyOf.some(takesText);
}

/** Whether names and values of a caller's own choice may stand there. */
export function takesObject({ type, anyOf = [], properties }: JsonSchema): boolean {
  return ([type].flat().includes("object") && !properties) || anyOf.some(takesObject);
}

/** The smallest thing that fits. @param text stands where a text is needed. */
export function makeLeast(schema: JsonSchema, resolve: Resolve, text: string): unknown {
  const resolved = resolve(schema);
  const { type, enum: values, const: only, anyOf, properties = {}, required = [] } = resolved;
  if (anyOf?.[0]) return makeLeast(anyOf[0], resolve, text);
  if (only !== undefined) return only;
  if (values) return values[0];
  switch ([type].flat()[0]) {
    case "string":
      return text;
    case "object":
      return Object.fromEntries(
        required.map((name) => [name, makeLeast(properties[name] ?? {}, resolve, text)]),
      );
    default:
      return null;
  }
}
