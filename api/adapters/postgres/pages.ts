import { AppError } from "../../core/errors.ts";
import type { Page } from "../../core/ports.ts";

/** A page of the rows that were read: one more than `limit`, where there are more. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  placeOf: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const cursors = shown.map(placeOf);
  const next = rows.length > limit ? (cursors.at(-1) ?? null) : null;
  return { items: shown.map(toItem), next, cursors };
}

/** The place of a row in a list that is ordered by its moment and then by its id. */
export interface MomentPlace {
  readonly createdAt: Date;
  readonly id: string;
}

export function formatMoment({ createdAt, id }: MomentPlace): string {
  return `${createdAt.getTime()}.${id}`;
}

/** @throws AppError INVALID_CURSOR */
export function parseMoment(after: string): MomentPlace {
  const match = /^(\d{1,15})\.([\w-]{1,128})$/.exec(after);
  if (!match) throw badPlace();
  return { createdAt: new Date(Number(match[1])), id: match[2] ?? "" };
}

/** The place of a row in a list that is ordered by a number. @throws AppError INVALID_CURSOR */
export function parseSeq(after: string): number {
  if (!/^\d{1,15}$/.test(after)) throw badPlace();
  return Number(after);
}

export function badPlace(): AppError {
  return new AppError("INVALID_CURSOR", "after: this is not the `next` of a page");
}
