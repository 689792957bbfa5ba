import type { AppError } from "../core/errors.ts";
import type { TurnEvent, TurnRef } from "../core/turns/turn-event.ts";
import type { Lifetime } from "./context.ts";

/** One event on its way to a subscriber. */
export interface TurnItem {
  readonly turn: TurnRef;
  readonly event: TurnEvent;
  /** How many chunks of this message and attempt went to this subscriber. */
  readonly totalChunks: number;
}

/** What a subscription's source gives: an event, or why there are no more. */
export type TurnSignal = TurnItem | { readonly failure: unknown };

type ReadTurns = (signal: AbortSignal) => AsyncIterable<{ turn: TurnRef; event: TurnEvent }>;

/**
 * The source of a subscription to turns. It is pulled, so a slow subscriber gets what it missed in one
 * piece. `return` ends it at once, also while it waits for the next event: an async generator alone
 * would hold its place in the log until something happens there.
 *
 * What goes wrong in mid-stream is the last value, not a throw, so that it reaches the subscriber in
 * the same form over every transport.
 */
export function openTurnStream(
  lifetime: Lifetime,
  read: ReadTurns,
): AsyncGenerator<TurnSignal, void, undefined> {
  const leaving = new AbortController();
  const signal = AbortSignal.any([leaving.signal, lifetime.signal]);
  const signals = tell(read, signal, () => leaving.signal.aborted, lifetime.findClosure);
  return {
    next: () => signals.next(),
    async return() {
      leaving.abort();
      return signals.return();
    },
    async throw(error) {
      leaving.abort();
      return signals.throw(error);
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* tell(
  read: ReadTurns,
  signal: AbortSignal,
  hasLeft: () => boolean,
  findClosure: () => AppError | undefined,
): AsyncGenerator<TurnSignal, void, undefined> {
  let totalChunks = 0;
  try {
    for await (const { turn, event } of read(signal)) {
      if (event.type === "start") totalChunks = 0;
      if (event.type === "chunk") totalChunks += 1;
      yield { turn, event, totalChunks };
    }
  } catch (error) {
    if (!signal.aborted) yield { failure: error };
  }
  const closure = findClosure();
  if (signal.aborted && closure && !hasLeft()) yield { failure: closure };
}
