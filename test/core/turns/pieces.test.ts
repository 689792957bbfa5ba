import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPieceJoiner, joinWindowMs } from "../../../api/core/turns/pieces.ts";
import { createManualClock } from "../../support/clock.ts";

function open() {
  const clock = createManualClock();
  const published: string[] = [];
  const joiner = createPieceJoiner(clock, (content) => void published.push(content));
  return {
    clock,
    published,
    push: (text: string) => joiner.push(text),
    flush: () => joiner.flush(),
  };
}

it("publishes the first piece at once, and joins what comes within the window after it", () => {
  const { clock, published, push } = open();
  push("One");
  expect(published).toEqual(["One"]);
  push(" two");
  clock.advance(joinWindowMs - 1);
  push(" three");
  expect(published).toEqual(["One"]);
  clock.advance(1);
  expect(published).toEqual(["One", " two three"]);
  clock.advance(10 * joinWindowMs);
  push(" four");
  clock.advance(joinWindowMs);
  expect(published).toEqual(["One", " two three", " four"]);
});

it("publishes the rest at the end, and leaves no timer behind", () => {
  const { clock, published, push, flush } = open();
  push("One");
  push(" two");
  flush();
  expect(published).toEqual(["One", " two"]);
  expect(clock.timers).toBe(0);
  flush();
  expect(published).toHaveLength(2);
});

it("publishes nothing of an empty answer, and no empty piece", () => {
  const { clock, published, push, flush } = open();
  push("");
  push("\0");
  push("\0\0");
  flush();
  expect(published).toEqual([]);
  expect(clock.timers).toBe(0);
});

it("holds back half a character until its other half comes", () => {
  const { published, push, flush } = open();
  push("a\ud83d");
  expect(published).toEqual(["a"]);
  push("\0");
  push("\ude00b");
  flush();
  expect(published).toEqual(["a", "\u{1f600}b"]);
});

it("holds back a first piece that is but half a character", () => {
  const { published, push } = open();
  push("\ud83d");
  expect(published).toEqual([]);
  push("\ude00");
  expect(published).toEqual(["\u{1f600}"]);
});

it("replaces the half that never gets its other one", () => {
  const { published, push, flush } = open();
  push("a\ud83d");
  push("b");
  push("\ude00");
  push("c\ud83d");
  flush();
  expect(published.join("")).toBe("a\ufffdb\ufffdc\ufffd");
});

const units = fc.oneof(
  fc.constantFrom("\ud83d", "\ude00", "\u{1f600}", "\0", "", "a", "\ud83d\0", "\0\ude00", "\ufffd"),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const pushes = fc.array(
  fc.record({ text: units, pause: fc.constantFrom(0, 0, 0, 1, 10, 24, 25, 26, 100) }),
  { maxLength: 40 },
);

describe("whatever arrives and when", () => {
  it("what is published is the text made storable, to the last unit, in whole pieces", () => {
    fc.assert(
      fc.property(pushes, (plan) => {
        const { clock, published, push, flush } = open();
        for (const { text, pause } of plan) {
          push(text);
          clock.advance(pause);
        }
        flush();
        const whole = plan.map(({ text }) => text).join("");
        expect(published.join("")).toBe(whole.replaceAll("\0", "").toWellFormed());
        for (const piece of published)
          expect(piece !== "" && piece.isWellFormed() && !piece.includes("\0")).toBe(true);
        expect(clock.timers).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it("nothing waits longer than the window, but for half a character", () => {
    fc.assert(
      fc.property(pushes, (plan) => {
        const { clock, published, push } = open();
        let arrived = "";
        for (const { text, pause } of plan) {
          push(text);
          arrived += text.replaceAll("\0", "");
          clock.advance(pause);
          const missing = arrived.length - published.join("").length;
          const isHalf =
            arrived !== "" && !arrived.slice(-1).isWellFormed() && arrived.slice(-1) < "\udc00";
          if (pause >= joinWindowMs) expect(missing).toBe(isHalf ? 1 : 0);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("no more pieces are made than windows went by, and one", () => {
    fc.assert(
      fc.property(pushes, (plan) => {
        const { clock, published, push, flush } = open();
        const begin = clock.now();
        for (const { text, pause } of plan) {
          push(text);
          clock.advance(pause);
        }
        flush();
        expect(published.length).toBeLessThanOrEqual(2 + (clock.now() - begin) / joinWindowMs);
      }),
    );
  });
});
