import { AppError } from "../errors.ts";

/**
 * A place in the log of one turn. `rank` is 0 at the start event, the offset of a piece's end in the
 * text (UTF-16 units) after a piece, and Infinity at the terminal event, which is above every offset:
 * else "saw the last piece" and "saw the end" would be one.
 */
export interface Cursor {
  readonly attempt: number;
  readonly rank: number;
}

const pattern = /^([1-9]\d{0,8})-(0|[1-9]\d{0,8}|end)$/;

/** The opaque string that goes out on the wire. */
export function formatCursor({ attempt, rank }: Cursor): string {
  return `${attempt}-${rank === Infinity ? "end" : rank}`;
}

/** @throws AppError INVALID_CURSOR for anything we did not make. */
export function parseCursor(text: string): Cursor {
  const match = pattern.exec(text);
  if (!match) throw new AppError("INVALID_CURSOR", "This cursor was not issued by this server");
  return { attempt: Number(match[1]), rank: match[2] === "end" ? Infinity : Number(match[2]) };
}

/** Negative when `a` stands before `b`. */
export function compareCursors(a: Cursor, b: Cursor): number {
  if (a.attempt !== b.attempt) return a.attempt - b.attempt;
  return a.rank === b.rank ? 0 : a.rank < b.rank ? -1 : 1;
}
