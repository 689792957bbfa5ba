import { AppError } from "../../core/errors.ts";
import type { Page, PageRequest } from "../../core/ports.ts";

/** The key that a list is ordered by, smallest first; strings and numbers of one shape. */
export type PageKey = readonly (string | number)[];

/**
 * One page of a list, which may change between two pages: the place behind the last item is kept as
 * its key, so that nothing is left out or given twice when items come and go.
 * @throws AppError INVALID_CURSOR
 */
export function takePage<Item>(
  sorted: readonly Item[],
  keyOf: (item: Item) => PageKey,
  { limit, after }: PageRequest,
  shape: PageKey,
): Page<Item> {
  const place = after === undefined ? undefined : decodeKey(after, shape);
  const rest = place ? sorted.filter((item) => compareKeys(keyOf(item), place) > 0) : sorted;
  const items = rest.slice(0, limit);
  const cursors = items.map((item) => encodeKey(keyOf(item)));
  return { items, next: rest.length > limit ? (cursors.at(-1) ?? null) : null, cursors };
}

export function compareKeys(a: PageKey, b: PageKey): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? left;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function encodeKey(key: PageKey): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

function decodeKey(text: string, shape: PageKey): PageKey {
  const key = parseJson(Buffer.from(text, "base64url").toString());
  const fits = (part: unknown, index: number) => typeof part === typeof shape[index];
  if (!Array.isArray(key) || key.length !== shape.length || !key.every(fits)) {
    throw new AppError("INVALID_CURSOR", "This cursor was not issued by this server");
  }
  return key;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
