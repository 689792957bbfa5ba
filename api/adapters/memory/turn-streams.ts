import type { Clock } from "../../core/ports.ts";
import { compareCursors, formatCursor, type Cursor } from "../../core/turns/cursor.ts";
import type { TurnEvent, TurnRef } from "../../core/turns/turn-event.ts";
import type { Topic, TurnStreams } from "../../core/turns/turn-streams.ts";

export interface MemoryTurnStreams extends TurnStreams {
  /** Loses all streams without a word, as a Redis does that is emptied. */
  clear(): void;
}

export interface MemoryTurnStreamsOptions {
  /** How long a turn's stream stays after its last change, in milliseconds. Default 10 minutes. */
  readonly liveMs?: number | undefined;
  /** How long it stays when that was the ending, in milliseconds. Default 60,000. */
  readonly endedMs?: number | undefined;
}

interface Stream {
  readonly events: readonly TurnEvent[];
  readonly last: Cursor;
  readonly expiresAt: number;
}

/** How many events one look fetches at most. */
const partSize = 100;

/** The streams of several processes that are played in one. Wakes after the change, never within it. */
export function createMemoryTurnStreams(
  clock: Clock,
  { liveMs = 600_000, endedMs = 60_000 }: MemoryTurnStreamsOptions = {},
): MemoryTurnStreams {
  const streams = new Map<string, Stream>();
  const watchers = new Map<string, Set<{ readonly wake: () => void }>>();

  function nameOf({ tenantId, chatId, messageId }: Topic): string {
    return JSON.stringify(messageId === undefined ? [tenantId, chatId] : [tenantId, "", messageId]);
  }

  function find(turn: TurnRef): Stream | undefined {
    for (const [name, { expiresAt }] of streams) if (expiresAt <= clock.now()) streams.delete(name);
    return streams.get(nameOf(turn));
  }

  function publish(name: string): void {
    for (const watcher of watchers.get(name) ?? []) {
      queueMicrotask(() => {
        if (watchers.get(name)?.has(watcher)) watcher.wake();
      });
    }
  }

  function write(turn: TurnRef, before: readonly TurnEvent[], added: readonly TurnEvent[]): void {
    const events = [...before, ...added];
    const last = events.at(-1);
    if (!last) return;
    const expiresAt = clock.now() + (last.type === "end" ? endedMs : liveMs);
    const name = nameOf(turn);
    streams.set(name, { events, last: last.cursor, expiresAt });
    publish(name);
  }

  return {
    async append(turn, after, events) {
      const attempt = checkEvents(events, after);
      const stream = find(turn);
      if (stream && stream.last.attempt > attempt) return "fenced";
      if (!stream || compareCursors(stream.last, after) !== 0) return "gap";
      write(turn, stream.events, events);
      return "appended";
    },
    async replace(turn, events) {
      const attempt = checkEvents(events, undefined);
      const stream = find(turn);
      if (stream && stream.last.attempt > attempt) return "fenced";
      write(turn, [], events);
      return "replaced";
    },
    async read(turn, after) {
      const events = find(turn)?.events ?? [];
      const rest = after
        ? events.filter(({ cursor }) => compareCursors(cursor, after) > 0)
        : events;
      return rest.slice(0, partSize);
    },
    async announce({ tenantId, chatId }) {
      publish(nameOf({ tenantId, chatId }));
    },
    async watch(topic, wake) {
      const name = nameOf(topic);
      const watcher = { wake };
      const others = watchers.get(name) ?? new Set();
      watchers.set(name, others.add(watcher));
      return async () => {
        others.delete(watcher);
        if (others.size === 0 && watchers.get(name) === others) watchers.delete(name);
      };
    },
    clear: () => streams.clear(),
  };
}

/** @returns their attempt. @throws Error when they aren't of one attempt, in order, and all behind `after`. */
function checkEvents(events: readonly TurnEvent[], after: Cursor | undefined): number {
  const [first] = events;
  if (!first) throw new Error("Nothing was given to be written to a stream");
  let last = after;
  for (const { cursor } of events) {
    const isNext = !last || compareCursors(last, cursor) < 0;
    if (!isNext || cursor.attempt !== first.cursor.attempt)
      throw new Error(`Not an event for this place of a stream: ${formatCursor(cursor)}`);
    last = cursor;
  }
  return first.cursor.attempt;
}
