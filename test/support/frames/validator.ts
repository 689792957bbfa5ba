import { Ajv, type ValidateFunction } from "ajv";

/** Says what is wrong with a frame's text; undefined where it is as described. Never what stands in it. */
export type CheckFrame = (text: string) => string | undefined;

export interface FrameValidator {
  readonly client: CheckFrame;
  readonly server: CheckFrame;
}

interface Reference {
  readonly $ref: string;
}

/** What is read of an AsyncAPI document. */
export interface AsyncApi {
  readonly operations: Readonly<
    Record<string, { action: "send" | "receive"; messages: readonly Reference[] }>
  >;
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly payload: object }>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

/**
 * Holds frames against `/asyncapi.json`. Of a server's frames more strictly than a client may: a field that isn't
 * described is a fault, in whatever object it stands. What a client adds of its own the server passes over.
 */
export function createFrameValidator(document: AsyncApi): FrameValidator {
  const operations = Object.values(document.operations);
  const checkAll = (action: "send" | "receive", prepare: <S extends object>(schema: S) => S) => {
    const ajv = new Ajv({ allErrors: false, strict: true, strictRequired: false, formats });
    for (const [name, part] of Object.entries(document.components.schemas))
      ajv.addSchema(referOut(prepare(part)), `part:${name}`);
    const names = operations
      .filter((one) => one.action === action)
      .flatMap(({ messages }) => messages.map(({ $ref }) => $ref.split("/").at(-1) ?? ""));
    const byType = new Map<unknown, ValidateFunction[]>();
    for (const name of new Set(names)) {
      const payload = document.components.messages[name]?.payload;
      if (!payload) throw new Error(`${name} is described nowhere`);
      const type = readType(payload);
      byType.set(type, [...(byType.get(type) ?? []), ajv.compile(referOut(prepare(payload)))]);
    }
    return (text: string) => checkFrame(text, byType);
  };
  return { server: checkAll("send", close), client: checkAll("receive", (schema) => schema) };
}

/** The formats that the document uses. */
const formats = { "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/ };

function checkFrame(text: string, byType: ReadonlyMap<unknown, readonly ValidateFunction[]>) {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return "no JSON";
  }
  const type = typeof frame === "object" && frame !== null && "type" in frame ? frame.type : null;
  const fitting = byType.get(type);
  if (!fitting) return "a type that is not described";
  if (fitting.some((validate) => validate(frame))) return undefined;
  const faults = fitting.map(({ errors }) => {
    const [first] = errors ?? [];
    const name = String(first?.params["additionalProperty"] ?? "");
    return `${first?.instancePath} ${first?.message}${name && `: ${name}`}`;
  });
  return `${String(type)}: ${faults.join("; or ")}`;
}

function readType(payload: object): unknown {
  const { properties } = payload as { properties?: { type?: { const?: unknown } } };
  return properties?.type?.const;
}

/** Whatever is an object has the described fields and no other. */
function close<Schema extends object>(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    const isObject =
      typeof value === "object" &&
      value !== null &&
      "type" in value &&
      value.type === "object" &&
      "properties" in value &&
      !("additionalProperties" in value);
    return isObject ? { ...value, additionalProperties: false } : value;
  });
}

function referOut(schema: object): object {
  const text = JSON.stringify(schema);
  return JSON.parse(text.replaceAll('"$ref":"#/components/schemas/', '"$ref":"part:'));
}
