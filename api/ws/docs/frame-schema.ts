import { z } from "zod";

/** Draft 7, which AsyncAPI takes as it is. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** How a frame is told of in `/asyncapi.json`. */
export interface FrameDocument {
  readonly name: string;
  /** Of its `type`. */
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly answers: readonly string[];
  readonly examples: readonly unknown[];
  readonly payload: JsonSchema;
  /** What `payload` refers to, below `#/components/schemas/`. */
  readonly parts: Readonly<Record<string, JsonSchema>>;
}

interface Frame extends z.ZodType {
  readonly shape: { readonly type: z.ZodLiteral<string> };
}

/** @param io "input": as a client may send it; "output": as the server makes it. */
export function documentFrame(frame: Frame, io: "input" | "output"): FrameDocument {
  const {
    name,
    title,
    description,
    answers,
    examples,
    definitions,
    $schema: _draft,
    ...payload
  } = z.toJSONSchema(frame, { target: "draft-7", io, override: simplify });
  const { value: type } = frame.shape.type;
  return {
    name: String(name),
    type,
    title: title ?? type,
    description: description ?? "",
    answers: Array.isArray(answers) ? answers.map(String) : [],
    examples: examples ?? [],
    payload: referToParts(payload),
    parts: referToParts<FrameDocument["parts"]>(isSchemas(definitions) ? definitions : {}),
  };
}

/**
 * Takes out what says nothing to a reader. Objects are left open: a later release may send more, and what the
 * server doesn't know it passes over.
 */
function simplify({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  delete jsonSchema.readOnly;
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
}

function isSchemas(value: unknown): value is FrameDocument["parts"] {
  return typeof value === "object" && value !== null;
}

/** In the whole document the parts of all frames stand in one place. */
function referToParts<Value extends object>(schema: Value): Value {
  const text = JSON.stringify(schema);
  return JSON.parse(text.replaceAll('"#/definitions/', '"#/components/schemas/'));
}
