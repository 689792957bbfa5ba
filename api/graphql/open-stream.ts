import type { Lifetime } from "./context.ts";

/** What a subscription's source gives: an item, or why there are no more. */
export type StreamSignal<Item> = { readonly item: Item } | { readonly failure: unknown };

/**
 * The source of a subscription. It is pulled, and `return` ends it at once, also while it waits for the next item: an
 * async generator alone would hold its place until something happens there. What goes wrong in mid-stream is the last
 * value, not a throw, so that it reaches the subscriber in the same form over every transport.
 */
export function openStream<Item>(
  lifetime: Lifetime,
  read: (signal: AbortSignal) => AsyncIterable<Item>,
): AsyncGenerator<StreamSignal<Item>, void, undefined> {
  const leaving = new AbortController();
  const signal = AbortSignal.any([leaving.signal, lifetime.signal]);
  const signals = tell(lifetime, read, signal, () => leaving.signal.aborted);
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

async function* tell<Item>(
  { findClosure }: Lifetime,
  read: (signal: AbortSignal) => AsyncIterable<Item>,
  signal: AbortSignal,
  hasLeft: () => boolean,
): AsyncGenerator<StreamSignal<Item>, void, undefined> {
  try {
    for await (const item of read(signal)) yield { item };
  } catch (error) {
    if (!signal.aborted) yield { failure: error };
  }
  const closure = findClosure();
  if (signal.aborted && closure && !hasLeft()) yield { failure: closure };
}
