import { turnFrame, type Piece, type TurnEvent, type TurnRef } from "./turn-event.ts";

const encoder = new TextEncoder();
/** Of the pieces that were published. */
const published = new WeakMap<Piece, Uint8Array>();
/** Of all pieces, by their place in their turn: those that were merged for one reader fit another one too. */
const held = new Map<string, WeakRef<Uint8Array>>();
const dropped = new FinalizationRegistry<string>((place) => {
  if (!held.get(place)?.deref()) held.delete(place);
});

/**
 * The JSON of an event's frame, as it goes out. That of a published piece is made once, and all readers of a
 * piece hold the same bytes, so that 500 of them who take nothing cost no more than one. Nobody may change them.
 * @param totalChunks how many `response_chunk` frames of this message and attempt went to this reader.
 */
export function encodeTurnEvent(turn: TurnRef, event: TurnEvent, totalChunks: number): Uint8Array {
  const encode = () => encoder.encode(JSON.stringify(turnFrame(turn, event, totalChunks)));
  if (event.type !== "chunk") return encode();
  const { piece, cursor } = event;
  const known = published.get(piece);
  if (known) return known;
  const place = [turn.tenantId, turn.messageId, cursor.attempt, piece.offset, cursor.rank].join(
    "/",
  );
  const bytes = held.get(place)?.deref() ?? encode();
  published.set(piece, bytes);
  if (held.get(place)?.deref() !== bytes) {
    held.set(place, new WeakRef(bytes));
    dropped.register(bytes, place);
  }
  return bytes;
}
