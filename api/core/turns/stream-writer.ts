import type { Clock, Logger } from "../ports.ts";
import { rest } from "./persist.ts";
import type { LiveTurn } from "./live-turn.ts";
import type { Cursor } from "./cursor.ts";
import { nextEvent, type TurnEvent, type TurnRef, type TurnView } from "./turn-event.ts";
import type { TurnStreams } from "./turn-streams.ts";

export interface StreamWriterDeps {
  readonly streams: TurnStreams;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether this process may fill a stream from its beginning: it holds its lease. */
  readonly mayRefill: () => boolean;
}

/** Milliseconds. */
const pauseMs = { first: 50, most: 1000 };
/** How long an ended turn's stream is tried for: whoever misses it finds the ending in the store. */
export const lastWordMs = 5000;

/**
 * Copies what this process publishes of a turn to its stream, until it has ended; it is a reader like
 * any other, so a slow or absent stream never keeps the turn back. Each step says where the stream has to
 * end before it; where it doesn't, the whole stream is made anew.
 * @param onFenced called when the stream holds a later attempt: ours is over.
 */
export async function writeStream(
  deps: StreamWriterDeps,
  turn: TurnRef,
  live: LiveTurn,
  onFenced: () => void,
): Promise<void> {
  const { streams, clock, logger } = deps;
  const never = new AbortController().signal;
  /** Where the stream is known to end. */
  let end: Cursor | undefined;
  let pause = pauseMs.first;
  let doneAt: number | undefined;
  for (;;) {
    const view = live.view();
    if (live.done && !view.ending) return;
    const events = eventsBehind(view, end);
    const last = events.at(-1);
    if (!last) {
      if (live.done) return;
      await live.wait(never);
      continue;
    }
    try {
      if (end || deps.mayRefill()) {
        const outcome = end
          ? await streams.append(turn, end, events)
          : await streams.replace(turn, events);
        if (outcome === "fenced") return onFenced();
        end = outcome === "gap" ? undefined : last.cursor;
        pause = pauseMs.first;
        if (end || deps.mayRefill()) continue;
      }
    } catch (error) {
      const fields = { err: error, tenant_id: turn.tenantId, message_id: turn.messageId };
      logger.debug(fields, "A turn could not be written to its stream");
    }
    if (live.done) doneAt ??= clock.now();
    if (doneAt !== undefined && Math.abs(clock.now() - doneAt) >= lastWordMs) return;
    await rest(clock, pause, never);
    pause = Math.min(pause * 2, pauseMs.most);
  }
}

function eventsBehind(view: TurnView, after: Cursor | undefined): TurnEvent[] {
  const events: TurnEvent[] = [];
  let event = nextEvent(view, after);
  while (event) {
    events.push(event);
    event = nextEvent(view, event.cursor);
  }
  return events;
}
