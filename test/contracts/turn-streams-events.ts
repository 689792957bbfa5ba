import type { Ending } from "../../api/core/message.ts";
import type { Cursor } from "../../api/core/turns/cursor.ts";
import type { TurnEvent, TurnRef } from "../../api/core/turns/turn-event.ts";
import type { TurnStreams } from "../../api/core/turns/turn-streams.ts";

/** An ending with all that one can have. */
export const theEnding: Extract<Ending, { type: "complete" }> = {
  type: "complete",
  finishReason: "stop",
  usage: {
    promptTokens: 812,
    completionTokens: 34,
    totalTokens: 846,
    cost: 0.000_123_4,
    estimated: false,
  },
  sources: [
    {
      number: 1,
      document_id: "doc_1",
      title: 'Tomatoes: a "guide" 🍅',
      url: null,
      heading: "Watering › In summer",
      page: 2,
      excerpt: "Water tomatoes at the root.\nNever from above.",
      start: 12,
      end: 57,
      score: 0.1 + 0.2,
      verified: true,
    },
  ],
  citations: [
    {
      number: 1,
      start: 26,
      end: 29,
      quote: "at the “root” 🍅",
      quote_start: 7,
      quote_end: 24,
      verified: true,
      how: "fuzzy",
      document_id: "doc_1",
      places: [{ start: 27, end: 38 }],
      found_in: null,
    },
  ],
  model: "test-model",
  degraded: [],
};

/** The events of an attempt: its start, its pieces, and its ending if there is one. */
export function eventsOf(
  attempt: number,
  pieces: readonly string[],
  ending: Ending | undefined,
): TurnEvent[] {
  const events: TurnEvent[] = [{ type: "start", cursor: { attempt, rank: 0 } }];
  let offset = 0;
  for (const content of pieces) {
    const cursor = { attempt, rank: offset + content.length };
    events.push({ type: "chunk", cursor, piece: { offset, content } });
    offset = cursor.rank;
  }
  if (ending) events.push({ type: "end", cursor: { attempt, rank: Infinity }, ending });
  return events;
}

/** @throws Error where there is no event. */
export function cursorOf(event: TurnEvent | undefined): Cursor {
  if (!event) throw new Error("There is no such event");
  return event.cursor;
}

/** A turn that no other test has. */
export function makeTurn(): TurnRef {
  const id = crypto.randomUUID();
  return { tenantId: "garden", chatId: `chat_${id}`, messageId: `msg_${id}` };
}

/** Reads on until nothing comes any more. */
export async function readAll(
  streams: TurnStreams,
  turn: TurnRef,
  after?: Cursor,
): Promise<TurnEvent[]> {
  const events: TurnEvent[] = [];
  for (;;) {
    const part = await streams.read(turn, events.at(-1)?.cursor ?? after);
    if (part.length === 0) return events;
    events.push(...part);
  }
}

/** Counts how often it is rung. */
export function createBell() {
  const waiting = new Set<() => void>();
  let count = 0;
  return {
    get count() {
      return count;
    },
    ring(): void {
      count += 1;
      for (const look of waiting) look();
    },
    /** Resolves once it has been rung `times` times since it was made. */
    rung(times: number): Promise<void> {
      return new Promise((resolve) => {
        const look = () => {
          if (count < times) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
  };
}
