import { z } from "zod";
import { compareCursors, type Cursor } from "../../core/turns/cursor.ts";
import type { TurnEvent } from "../../core/turns/turn-event.ts";

/** An entry of a stream, as Redis gives it back. */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** The field that holds all of an event but its place. */
export const eventField = "event";

/** Where the terminal event stands: above every offset, and exact in JavaScript and in Redis. */
const endSequence = Number.MAX_SAFE_INTEGER;

const usage = z.looseObject({
  promptTokens: z.number(),
  completionTokens: z.number(),
  totalTokens: z.number(),
  cost: z.number(),
  estimated: z.boolean(),
});

const source = z.looseObject({
  number: z.number(),
  document_id: z.string(),
  title: z.string(),
  url: z.string().nullable(),
  heading: z.string(),
  excerpt: z.string(),
  start: z.number(),
  end: z.number(),
  score: z.number(),
  // Processes of earlier releases, beside which this one may run, check nothing.
  page: z.number().nullable().default(null),
  verified: z.boolean().nullable().default(null),
});

const citation = z.looseObject({
  number: z.number(),
  start: z.number(),
  end: z.number(),
  quote: z.string().nullable(),
  quote_start: z.number().nullable(),
  quote_end: z.number().nullable(),
  verified: z.boolean(),
  how: z.enum(["verbatim", "normalised", "fuzzy", "none"]),
  document_id: z.string().nullable(),
  places: z.array(z.object({ start: z.number(), end: z.number() })),
  found_in: z.number().nullable(),
});

const ending = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("complete"),
    finishReason: z.enum(["stop", "length", "cancelled", "content_filter"]),
    usage,
    sources: z.array(source),
    citations: z.array(citation).default([]),
    model: z.string(),
    degraded: z.array(z.string()),
  }),
  z.looseObject({ type: z.literal("error"), code: z.string(), message: z.string(), usage }),
]);

const body = z.discriminatedUnion("type", [
  z.object({ type: z.literal("start") }),
  z.object({
    type: z.literal("chunk"),
    piece: z.object({ offset: z.number(), content: z.string() }),
  }),
  z.object({ type: z.literal("end"), ending }),
]);

/** A place in a turn as an id of its stream: `attempt-rank`. */
export function toStreamId({ attempt, rank }: Cursor): string {
  return `${attempt}-${rank === Infinity ? endSequence : rank}`;
}

/**
 * The events as id and value by turns. JSON, since it alone keeps every string as it was.
 * @throws Error when they aren't of one attempt, in order, and all behind `after`: a stream can't hold that.
 */
export function encodeEvents(events: readonly TurnEvent[], after: Cursor | undefined): string[] {
  let last = after;
  return events.flatMap((event) => {
    const { cursor, ...rest } = event;
    const isNext = !last || compareCursors(last, cursor) < 0;
    if (!isNext || !isPlaced(event) || cursor.attempt !== events[0]?.cursor.attempt) {
      throw new Error(`Not an event for this place of a stream: ${toStreamId(cursor)}`);
    }
    last = cursor;
    return [toStreamId(cursor), JSON.stringify(rest)];
  });
}

/** @throws Error for an entry that isn't one of ours. */
export function decodeEntry(key: string, [id, fields]: StreamEntry): TurnEvent {
  const cursor = fromStreamId(id);
  const parsed = body.safeParse(readJson(fields[1]));
  if (cursor && fields[0] === eventField && parsed.success) {
    const event = { ...parsed.data, cursor };
    if (isPlaced(event)) return event;
  }
  throw new Error(`The entry ${id} of the stream ${key} can't be read`);
}

function fromStreamId(id: string): Cursor | undefined {
  const [attempt, sequence] = id.split("-").map(Number);
  if (!attempt || sequence === undefined) return undefined;
  return { attempt, rank: sequence === endSequence ? Infinity : sequence };
}

function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined; // no event either
  }
}

function isPlaced({ cursor: { rank }, ...event }: TurnEvent): boolean {
  switch (event.type) {
    case "start":
      return rank === 0;
    case "chunk":
      return event.piece.offset + event.piece.content.length === rank;
    case "end":
      return rank === Infinity;
  }
}
