import { encodeTurnEvent } from "../core/turns/event-bytes.ts";
import type { TurnEvent, TurnRef } from "../core/turns/turn-event.ts";
import type { Socket } from "./connection.ts";

/** A turn on its way to one reader. */
export interface Reading {
  readonly turn: TurnRef;
  readonly events: AsyncIterable<TurnEvent>;
  /** Aborts when this reader stops: nothing more of the turn is sent then. */
  readonly signal: AbortSignal;
}

/** Sends the frames of a turn as its events come, each when the connection has room for it. */
export async function relayPieces(socket: Socket, reading: Reading): Promise<void> {
  let chunks = 0;
  for await (const event of reading.events) {
    if (event.type === "start") chunks = 0;
    if (event.type === "chunk") chunks += 1;
    await offer(socket, reading, event, chunks);
    if (reading.signal.aborted) return;
  }
}

/** Sends the same frames with one chunk: what was published so far is held until the turn has ended. */
export async function relayWhole(socket: Socket, reading: Reading): Promise<void> {
  let start: TurnEvent | undefined;
  let whole: Extract<TurnEvent, { type: "chunk" }> | undefined;
  for await (const event of reading.events) {
    if (reading.signal.aborted) return;
    if (event.type === "start") [start, whole] = [event, undefined];
    else if (event.type === "chunk") {
      const { offset, content } = whole?.piece ?? { offset: event.piece.offset, content: "" };
      whole = { ...event, piece: { offset, content: content + event.piece.content } };
    } else {
      for (const held of [start, whole, event]) {
        if (held) await offer(socket, reading, held, whole ? 1 : 0);
      }
    }
  }
}

function offer(socket: Socket, { turn, signal }: Reading, event: TurnEvent, chunks: number) {
  return socket.offer(() => (signal.aborted ? undefined : encodeTurnEvent(turn, event, chunks)));
}
