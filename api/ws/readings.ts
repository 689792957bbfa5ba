import type { Tenant } from "../core/tenant.ts";
import type { Cursor } from "../core/turns/cursor.ts";
import { readTurn, type ReaderDeps } from "../core/turns/read-turn.ts";
import type { TurnRef } from "../core/turns/turn-event.ts";
import type { Socket } from "./connection.ts";
import { relayPieces, relayWhole } from "./relay.ts";

export interface NewReading {
  readonly turn: TurnRef;
  /** The last place that was seen. */
  readonly after: Cursor | undefined;
  /** False: the whole answer in one chunk. */
  readonly stream: boolean;
}

/** The turns that one connection reads. */
export interface Readings {
  readonly size: number;
  /** Whether the events of that turn are sent. */
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
  let isClosed = false;
  return {
    get size() {
      return readers.size;
    },
    reads: (messageId) => readers.has(messageId),
    begin(tenant, { turn, after, stream }) {
      if (isClosed) return;
      const { messageId } = turn;
      readers.get(messageId)?.abort();
      const abort = new AbortController();
      readers.set(messageId, abort);
      const events = readTurn(deps, tenant, turn, after, abort.signal);
      const relay = stream ? relayPieces : relayWhole;
      relay(socket, { turn, events, signal: abort.signal })
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
