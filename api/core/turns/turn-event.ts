import { compareCursors, formatCursor, type Cursor } from "./cursor.ts";
import { AppError } from "../errors.ts";
import type { Ending } from "../message.ts";

/** One turn, named across tenants. `messageId` is the id of its answer. */
export interface TurnRef {
  readonly tenantId: string;
  readonly chatId: string;
  readonly messageId: string;
}

/** A piece of an answer in the form in which it was published. */
export interface Piece {
  readonly offset: number;
  readonly content: string;
}

export type TurnEvent =
  | { readonly type: "start"; readonly cursor: Cursor }
  | { readonly type: "chunk"; readonly cursor: Cursor; readonly piece: Piece }
  | { readonly type: "end"; readonly cursor: Cursor; readonly ending: Ending };

/** What is known of a turn at one moment, in a producer's memory or in the stored message. */
export interface TurnView {
  readonly attempt: number;
  readonly started: boolean;
  readonly text: string;
  /** The piece that begins at this offset, where the pieces are still known. */
  pieceAt?(offset: number): Piece | undefined;
  readonly ending: Ending | null;
}

/** The longest piece that missing text is merged into, in UTF-16 units. */
export const maxMerged = 16_384;

/**
 * What a reader who stands at `after` sees next, or undefined when there is nothing new yet. One who
 * has fallen behind gets the missing text merged into few pieces; one who saw an older attempt gets
 * the newer one from its start.
 * @throws AppError INVALID_CURSOR when the turn has ended and never had that place.
 */
export function nextEvent(view: TurnView, after: Cursor | undefined): TurnEvent | undefined {
  const { attempt, text, ending } = view;
  if (!view.started && !ending) return undefined;
  if (!after || after.attempt < attempt) return { type: "start", cursor: { attempt, rank: 0 } };
  if (compareCursors(after, { attempt, rank: text.length }) > 0) {
    if (after.attempt === attempt && after.rank === Infinity) return undefined;
    if (!ending) return undefined;
    throw new AppError("INVALID_CURSOR", "This cursor does not belong to this message");
  }
  if (after.rank < text.length) {
    const known = view.pieceAt?.(after.rank);
    const isNewest = known && known.offset + known.content.length === text.length;
    const piece = isNewest ? known : mergePieces(text, after.rank);
    const rank = piece.offset + piece.content.length;
    return { type: "chunk", cursor: { attempt, rank }, piece };
  }
  return ending ? { type: "end", cursor: { attempt, rank: Infinity }, ending } : undefined;
}

/** The text from `offset` on, as much as goes into one piece without cutting a character in two. */
function mergePieces(text: string, offset: number): Piece {
  const end = offset + maxMerged;
  const isCut = end < text.length && isHighSurrogate(text.charCodeAt(end - 1));
  return { offset, content: text.slice(offset, isCut ? end - 1 : end) };
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/**
 * The `response_start`, `response_chunk`, `response_complete` or `error` frame of an event.
 * @param totalChunks how many `response_chunk` frames of this message and attempt went to this reader.
 */
export function turnFrame(turn: TurnRef, event: TurnEvent, totalChunks: number) {
  const { messageId: message_id, chatId: chat_id } = turn;
  const place = { attempt: event.cursor.attempt, cursor: formatCursor(event.cursor) };
  switch (event.type) {
    case "start":
      return { type: "response_start", data: { message_id, chat_id, ...place } } as const;
    case "chunk": {
      const { content, offset } = event.piece;
      return {
        type: "response_chunk",
        data: { message_id, content, chat_id, offset, ...place },
      } as const;
    }
    case "end":
      return endFrame(message_id, chat_id, place, event.ending, totalChunks);
  }
}

function endFrame(
  message_id: string,
  chat_id: string,
  place: { attempt: number; cursor: string },
  ending: Ending,
  total_chunks: number,
) {
  if (ending.type === "error") {
    const { message, code: error_code } = ending;
    return {
      type: "error",
      data: { message, error_code, message_id, chat_id, total_chunks, ...place },
    } as const;
  }
  const data = {
    message_id,
    total_tokens: ending.usage.totalTokens,
    cost_estimate: ending.usage.cost,
    sources: ending.sources,
    citations: ending.citations,
    total_chunks,
    chat_id,
    finish_reason: ending.finishReason,
    model: ending.model,
    usage_estimated: ending.usage.estimated,
    degraded: ending.degraded,
    ...place,
  };
  return { type: "response_complete", data } as const;
}
