import { AppError } from "../errors.ts";
import { isId } from "../ids.ts";
import { formatCursor, parseCursor, type Cursor } from "./cursor.ts";

/** A place in what happens in a chat: behind the change of that revision, and where a turn is told, behind its cursor. */
export interface FollowPlace {
  readonly revision: number;
  readonly turn?: TurnPlace | undefined;
}

export interface TurnPlace {
  readonly messageId: string;
  readonly cursor: Cursor;
}

/** As it goes out on the wire, opaque: `r<revision>`, or `r<revision>/<message_id>/<cursor>`. At most 256 characters. */
export function formatFollowPlace({ revision, turn }: FollowPlace): string {
  const changes = `r${revision}`;
  return turn ? `${changes}/${turn.messageId}/${formatCursor(turn.cursor)}` : changes;
}

/** Undefined for what is no such place, as a place among the turns of a chat. @throws AppError INVALID_CURSOR */
export function parseFollowPlace(text: string): FollowPlace | undefined {
  const [number = "", messageId, cursor, ...rest] = text.split("/");
  if (!/^r(0|[1-9]\d{0,14})$/.test(number)) return undefined;
  const revision = Number(number.slice(1));
  if (messageId === undefined) return { revision };
  if (!isId(messageId) || cursor === undefined || rest.length > 0) throw unknownPlace();
  return { revision, turn: { messageId, cursor: parseCursor(cursor) } };
}

/** @throws AppError INVALID_CURSOR */
export function requireFollowPlace(text: string): FollowPlace {
  const place = parseFollowPlace(text);
  if (!place) throw unknownPlace();
  return place;
}

function unknownPlace(): AppError {
  return new AppError("INVALID_CURSOR", "This place was not issued by this server");
}
