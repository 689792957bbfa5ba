import type { TurnEvent, TurnRef } from "../core/turns/turn-event.ts";
import type { Lifetime } from "./context.ts";
import { openStream, type StreamSignal } from "./open-stream.ts";

/** One event on its way to a subscriber. */
export interface TurnItem {
  readonly turn: TurnRef;
  readonly event: TurnEvent;
  /** How many chunks of this message and attempt went to this subscriber. */
  readonly totalChunks: number;
}

export type TurnSignal = StreamSignal<TurnItem>;

type ReadTurns = (signal: AbortSignal) => AsyncIterable<{ turn: TurnRef; event: TurnEvent }>;

/** The source of a subscription to turns; a slow subscriber gets what it missed in one piece, since it is pulled. */
export function openTurnStream(
  lifetime: Lifetime,
  read: ReadTurns,
): AsyncGenerator<TurnSignal, void, undefined> {
  return openStream(lifetime, (signal) => countChunks(read(signal)));
}

async function* countChunks(events: ReturnType<ReadTurns>): AsyncGenerator<TurnItem> {
  let totalChunks = 0;
  for await (const { turn, event } of events) {
    if (event.type === "start") totalChunks = 0;
    if (event.type === "chunk") totalChunks += 1;
    yield { turn, event, totalChunks };
  }
}
