import { z } from "zod";

/** What is told of a frame beside its schema. */
export interface FrameText {
  /** Its name in `/asyncapi.json`, where more than one frame has the same `type`. */
  readonly name?: string;
  readonly title?: string;
  /** For people who write clients; what stands between backticks is code. */
  readonly description: string;
  /** Of a client's frame: the names of what answers it where it is not refused, in order. */
  readonly answers?: readonly string[];
}

/**
 * One frame, `{"type": …, "data": …}`: what it is, what it is for, and how it looks. The types, the parser,
 * `/asyncapi.json` and the page `/docs/websocket` are all made of this.
 * @param examples of its `data`, at least one.
 */
export function defineFrame<const Type extends string, Data extends z.ZodType>(
  type: Type,
  { name = type, ...text }: FrameText,
  data: Data,
  examples: readonly [z.input<Data>, ...z.input<Data>[]],
) {
  const frames = examples.map((example) =>
    example === undefined ? { type } : { type, data: example },
  );
  return z.object({ type: z.literal(type), data }).meta({ name, ...text, examples: frames });
}
