/** A piece of text as pdf.js gives it; lengths in points. */
export interface TextItem {
  readonly str: string;
  /** `[a, b, c, d, x, y]`, y growing upwards. */
  readonly transform: readonly number[];
  readonly width: number;
  readonly height: number;
  readonly hasEOL: boolean;
}

/** A line of a page; lengths in points, y growing upwards. */
export interface Line {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly y: number;
  /** Of its type: that of most of its characters. */
  readonly size: number;
}

/** The lines of a page in the order in which it draws them. */
export function toLines(items: readonly TextItem[]): Line[] {
  const lines: Line[] = [];
  let current: Placed[] = [];
  const end = (): void => {
    const line = toLine(current);
    if (line) lines.push(line);
    current = [];
  };
  for (const item of items) {
    const placed = place(item);
    const before = current.findLast(({ text }) => text.trim() !== "");
    if (before && placed.text.trim() !== "" && !isBeside(before, placed)) end();
    if (placed.text !== "") current.push(placed);
    if (item.hasEOL) end();
  }
  end();
  return lines;
}

interface Placed {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly y: number;
  readonly size: number;
}

function place({ str, transform, width, height }: TextItem): Placed {
  const [a = 1, b = 0, , , x = 0, y = 0] = transform;
  const size = height > 0 ? height : Math.hypot(a, b);
  return { text: str, left: x, right: x + width, y, size: Math.round(size * 2) / 2 };
}

/** Raised and lowered marks belong to their line; what begins further left is another line. */
function isBeside(before: Placed, next: Placed): boolean {
  const size = Math.max(before.size, next.size);
  return Math.abs(before.y - next.y) < size * 0.5 && next.left > before.left - size;
}

function toLine(pieces: readonly Placed[]): Line | undefined {
  const [first] = pieces;
  if (!first) return undefined;
  let text = "";
  let right = first.left;
  const sizes = new Map<number, number>();
  for (const piece of pieces) {
    const gap = piece.left - right;
    const isApart = gap > piece.size * 0.2 && text !== "" && !/\s$/.test(text);
    text += (isApart && !/^\s/.test(piece.text) ? " " : "") + piece.text;
    right = Math.max(right, piece.right);
    sizes.set(piece.size, (sizes.get(piece.size) ?? 0) + piece.text.trim().length);
  }
  const clean = text.replace(/\s+/g, " ").trim();
  if (clean === "") return undefined;
  const [most] = [...sizes].toSorted(([, a], [, b]) => b - a);
  return { text: clean, left: first.left, right, y: first.y, size: most?.[0] ?? first.size };
}
