import { describe, expect, it } from "vitest";
import { cutPieces } from "../../../api/core/answering/paced-text.ts";
import { createManualClock, passUntil, settle } from "../../support/clock.ts";
import { ask } from "../../support/extractive.ts";

const document = `# Roses

Roses want the sun of a whole day.

---

Water your roses in the early morning only.

---

Old walls keep the roses behind them warm until May.`;
const paceMs = 20;

describe("pieces", () => {
  it("have about 20 to 40 characters, end behind words and are together the text", () => {
    const text =
      "Some words of a text that is long enough to be cut.\n\n> And a quotation,  with more words in it. [1]";
    const pieces = [...cutPieces(text)];
    expect(pieces.join("")).toBe(text);
    expect(pieces.length).toBeGreaterThan(3);
    for (const piece of pieces.slice(0, -1)) {
      expect(piece).toMatch(/^\S[^]*\s$/);
      expect(piece.length).toBeGreaterThanOrEqual(15);
      expect(piece.length).toBeLessThanOrEqual(40);
    }
  });

  it("cut what has no words, and no character in two", () => {
    const text = "a".repeat(19) + "😀".repeat(100);
    const pieces = [...cutPieces(text)];
    expect(pieces.join("")).toBe(text);
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(40);
      expect(piece.isWellFormed()).toBe(true);
    }
  });

  it("of nothing are none", () => {
    expect([...cutPieces("")]).toEqual([]);
  });
});

describe("the pace", () => {
  it("is a pause between any two pieces", async () => {
    const clock = createManualClock();
    const before = clock.now();
    const { pieces } = await passUntil(clock, ask("roses", { document }, {}, { clock, paceMs }));
    expect(pieces.length).toBeGreaterThan(5);
    expect(clock.now() - before).toBe((pieces.length - 1) * paceMs);
    expect(clock.timers).toBe(0);
  });

  it("of 0 sets no timer", async () => {
    const clock = createManualClock();
    clock.after = () => expect.fail("A timer was set");
    expect(
      (await ask("roses", { document }, {}, { clock, paceMs: 0 })).pieces.length,
    ).toBeGreaterThan(5);
  });
});

describe("an abort", () => {
  /** The answer, aborted after so many pauses. */
  async function askAndAbort(pauses: number) {
    const clock = createManualClock();
    const abort = new AbortController();
    const answer = ask("roses", { document }, {}, { clock, paceMs }, abort.signal);
    await settle();
    for (let i = 0; i < pauses; i++) {
      clock.advance(paceMs);
      await settle();
    }
    abort.abort();
    // The clock stands still from here on: the pause has to end by the abort.
    return { ...(await answer), timers: clock.timers };
  }

  it("ends the answer in the middle of a pause, with the text so far", async () => {
    const whole = await ask("roses", { document });
    const { pieces, result, timers } = await askAndAbort(2);
    expect(pieces).toEqual(whole.pieces.slice(0, 3));
    expect(timers).toBe(0);
    expect(result.usage.completionTokens).toBeLessThan(whole.result.usage.completionTokens);
    expect(result.usage.completionTokens).toBeGreaterThan(0);
  });

  it("leaves the sources whose numbers were said", async () => {
    const whole = await ask("roses", { document });
    expect(whole.result.sources).toHaveLength(3);
    for (let pauses = 0; pauses < whole.pieces.length - 1; pauses++) {
      const { text, result } = await askAndAbort(pauses);
      expect(whole.text.startsWith(text)).toBe(true);
      const cited = whole.result.sources.filter(({ number }) => text.includes(`[${number}]`));
      expect(result.sources).toEqual(cited);
    }
  });

  it("before the first piece leaves nothing", async () => {
    const { pieces, result } = await ask("roses", { document }, {}, {}, AbortSignal.abort());
    expect(pieces).toEqual([]);
    expect(result.sources).toEqual([]);
    expect(result.usage.completionTokens).toBe(0);
  });
});
