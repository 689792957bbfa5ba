import type { JsonSchema } from "./frame-schema.ts";

/** A field as a table shows it. */
export interface Field {
  /** Such as `data.message_id`. */
  readonly path: string;
  /** In words, such as `string or null`. */
  readonly type: string;
  readonly isRequired: boolean;
  readonly description: string;
  /** The name of the part that it is, or that its items are. */
  readonly part: string | undefined;
}

/** All fields of an object, those of the objects in it behind them. */
export function listFields(schema: JsonSchema, start = ""): Field[] {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(isRecord(schema["properties"]) ? schema["properties"] : {}).flatMap(
    ([name, field]) => {
      if (!isRecord(field)) return [];
      const path = `${start}${name}`;
      const one = {
        path,
        type: nameType(field),
        isRequired: required.includes(name),
        description: readDescription(field),
        part: findPart(field),
      };
      return [one, ...listFields(field, `${path}.`)];
    },
  );
}

/** Empty where it has none. */
export function readDescription({ description }: JsonSchema): string {
  return typeof description === "string" ? description : "";
}

function nameType(schema: JsonSchema): string {
  const { type, enum: values, anyOf, items, format } = schema;
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (isRecord(schema["properties"])) return "object";
  if (Array.isArray(anyOf)) return anyOf.filter(isRecord).map(nameType).join(" or ");
  if (type === "array" && isRecord(items)) return `list of ${nameType(items)}`;
  const part = findPart(schema);
  if (part) return part;
  // A long list of names says less than its description.
  if (Array.isArray(values) && values.length < 10)
    return values.map((value) => JSON.stringify(value)).join(" or ");
  if (format === "date-time") return "ISO date";
  if (Array.isArray(type)) return type.join(" or ");
  return typeof type === "string" ? type : "anything";
}

const parts = "#/components/schemas/";

function findPart(schema: JsonSchema): string | undefined {
  const { $ref, items, anyOf } = schema;
  if (typeof $ref === "string" && $ref.startsWith(parts)) return $ref.slice(parts.length);
  if (isRecord(items)) return findPart(items);
  const among = Array.isArray(anyOf) ? anyOf.filter(isRecord) : [];
  return among.map(findPart).find((part) => part !== undefined);
}

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
