import { beforeEach, describe, expect, it } from "vitest";
import { createChunkReader } from "../../../api/adapters/openai/chunk-reader.ts";
import { createPatience, tailMs, type Patience } from "../../../api/adapters/openai/patience.ts";
import { createManualClock, type ManualClock } from "../../support/clock.ts";

const firstPieceMs = 60_000;
const idleMs = 30_000;

let clock: ManualClock;
let patience: Patience;
let ends: number;

beforeEach(() => {
  clock = createManualClock();
  ends = 0;
  patience = createPatience(clock, { firstPieceMs, idleMs }, () => (ends += 1));
});

describe("a stream is waited for", () => {
  it("until the time of the first piece is over, and given up once", () => {
    clock.advance(firstPieceMs - 1);
    expect(patience.expired).toBe(false);
    clock.advance(1);
    expect(patience.expired).toBe(true);
    clock.advance(firstPieceMs * 3);
    expect(ends).toBe(1);
  });

  it("anew with each chunk of a model that thinks before it speaks", () => {
    for (let count = 1; count < 5; count += 1) {
      clock.advance(firstPieceMs - 1);
      patience.heard(count, false, false);
    }
    expect(patience.expired).toBe(false);
    clock.advance(firstPieceMs);
    expect(patience.expired).toBe(true);
  });

  it("for a shorter time behind the first piece", () => {
    patience.heard(1, true, false);
    clock.advance(idleMs - 1);
    patience.heard(2, true, false);
    clock.advance(idleMs - 1);
    expect(patience.expired).toBe(false);
    clock.advance(1);
    expect(patience.expired).toBe(true);
  });

  it("no longer for what is no chunk", () => {
    patience.heard(1, true, false);
    clock.advance(idleMs - 1);
    patience.heard(1, false, false);
    clock.advance(1);
    expect(patience.expired).toBe(true);
  });

  it("briefly when the answer is whole, whatever still comes", () => {
    patience.heard(1, true, true);
    clock.advance(tailMs - 1);
    patience.heard(2, false, true);
    clock.advance(1);
    expect(patience.expired).toBe(true);
  });

  it("no more once it is over", () => {
    patience.heard(1, true, false);
    patience.stop();
    clock.advance(firstPieceMs);
    expect(ends).toBe(0);
    expect(clock.timers).toBe(0);
  });
});

it("comments and fields without data are no chunks", () => {
  const reader = createChunkReader();
  reader.feed(": still here\n\nevent: ping\n\nid: 7\nretry: 5\n\n");
  expect(reader.count).toBe(0);
  reader.feed('data: {"choices":[]}\n\n');
  expect(reader.count).toBe(1);
  expect(reader.isWhole).toBe(false);
  reader.feed("data: [DONE]\n\ndata: {broken\n\n");
  expect(reader.isWhole).toBe(true);
});
