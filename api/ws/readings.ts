import type { Tenant } from "../core/tenant.ts";
import type { Cursor } from "../core/turns/cursor.ts";
import { readTurn, type ReaderDeps } from "../core/turns/read-turn.ts";
import type { TurnEvent, TurnRef } from "../core/turns/turn-event.ts";
import type { Socket } from "./connection.ts";
import { relayPieces, relayWhole } from "./relay.ts";

export interface NewReading {
  readonly turn: TurnRef;
  /** The last place that was seen. */
  readonly after: Cursor | undefined;
  /** False: the whole answer in one chunk. */
  readonly stream: boolean;
}

/** How many turns a connection remembers whose end it was sent. */
export const rememberedEnds = 64;

/** The turns that one connection reads. */
export interface Readings {
  readonly size: number;
  /** Whether the events of that turn are sent, or were up to its end: one of the last 64, see `rememberedEnds`. */
  reads(messageId: string): boolean;
  /** Begins to read a turn; one that is read already is read from the new place instead. */
  begin(tenant: Tenant, reading: NewReading): void;
  /** Stops all reading; the turns go on. Nothing is begun after it. */
  close(): void;
}

/**
 * @param onError told what a reading failed of.
 * @param onEnd told of each that has ended.
 */
export function createReadings(
  deps: ReaderDeps,
  socket: Socket,
  onError: (error: unknown, turn: TurnRef) => void,
  onEnd: () => void,
): Readings {
  const readers = new Map<string, AbortController>();
  /** Oldest first. Who follows the chat as well is told by them what not to tell again. */
  const ended = new Set<string>();
  let isClosed = false;

  function remember(messageId: string): void {
    ended.delete(messageId);
    ended.add(messageId);
    for (const oldest of ended) {
      if (ended.size <= rememberedEnds) return;
      ended.delete(oldest);
    }
  }

  /** The same events. A reader that asks for what comes behind the end has sent it. */
  async function* noteEnd(
    events: AsyncIterable<TurnEvent>,
    { messageId }: TurnRef,
    signal: AbortSignal,
  ): AsyncGenerator<TurnEvent, void, undefined> {
    for await (const event of events) {
      yield event;
      if (event.type === "end" && !signal.aborted) remember(messageId);
    }
  }

  return {
    get size() {
      return readers.size;
    },
    reads: (messageId) => readers.has(messageId) || ended.has(messageId),
    begin(tenant, { turn, after, stream }) {
      if (isClosed) return;
      const { messageId } = turn;
      readers.get(messageId)?.abort();
      const abort = new AbortController();
      readers.set(messageId, abort);
      const { signal } = abort;
      const events = noteEnd(readTurn(deps, tenant, turn, after, signal), turn, signal);
      const relay = stream ? relayPieces : relayWhole;
      relay(socket, { turn, events, signal })
        .catch((error: unknown) => onError(error, turn))
        .finally(() => {
          if (readers.get(messageId) === abort) readers.delete(messageId);
          onEnd();
        });
    },
    close() {
      isClosed = true;
      for (const abort of readers.values()) abort.abort();
    },
  };
}
