import fc from "fast-check";
import { expect, it } from "vitest";
import {
  compareCursors,
  formatCursor,
  parseCursor,
  type Cursor,
} from "../../../api/core/turns/cursor.ts";

const cursors: fc.Arbitrary<Cursor> = fc.record({
  attempt: fc.integer({ min: 1, max: 999_999_999 }),
  rank: fc.oneof(fc.nat(999_999_999), fc.constantFrom(0, 1, Infinity)),
});

it("comes back from the wire as it went out", () => {
  fc.assert(
    fc.property(cursors, (cursor) => {
      expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
    }),
  );
});

it("is refused unless it is exactly what we make", () => {
  const near = fc.stringMatching(/^[0-9]{0,3}[-.e ]?(?:[0-9]{0,3}|end|End|Infinity)\s?$/);
  fc.assert(
    fc.property(fc.oneof(near, fc.string(), fc.string({ unit: "binary" })), (text) => {
      let cursor: Cursor;
      try {
        cursor = parseCursor(text);
      } catch (error) {
        expect(error).toMatchObject({ code: "INVALID_CURSOR" });
        return;
      }
      expect(formatCursor(cursor)).toBe(text);
    }),
    { numRuns: 2000 },
  );
  const wrong = [
    "",
    "1",
    "1-",
    "-1",
    "0-0",
    "01-0",
    "1-01",
    "1--1",
    "1-1.5",
    "1e3-0",
    "1-1e3",
    "1-1\n",
    " 1-1",
    "1-ende",
    "١-١",
  ];
  for (const text of [...wrong, "1-1000000000", "9".repeat(20), `1-${"9".repeat(500)}`]) {
    expect(() => parseCursor(text), JSON.stringify(text)).toThrow(
      expect.objectContaining({ code: "INVALID_CURSOR" }),
    );
  }
});

it("stands behind its attempt's start and before its end", () => {
  fc.assert(
    fc.property(cursors, cursors, (a, b) => {
      const { attempt } = a;
      expect(compareCursors({ attempt, rank: 0 }, a)).toBeLessThanOrEqual(0);
      expect(compareCursors(a, { attempt, rank: Infinity })).toBeLessThanOrEqual(0);
      expect(compareCursors(a, { attempt: attempt + 1, rank: 0 })).toBeLessThan(0);
      expect(compareCursors(a, a)).toBe(0);
      expect(Math.sign(compareCursors(a, b)) + Math.sign(compareCursors(b, a))).toBe(0);
    }),
  );
});

it("keeps one order among any three", () => {
  const few = fc.record({
    attempt: fc.integer({ min: 1, max: 3 }),
    rank: fc.constantFrom(0, 1, 2, Infinity),
  });
  fc.assert(
    fc.property(few, few, few, (a, b, c) => {
      fc.pre(compareCursors(a, b) <= 0 && compareCursors(b, c) <= 0);
      expect(compareCursors(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});
