import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { titleFrom } from "../../../api/core/turns/start-turn.ts";

describe("the title of a chat", () => {
  it("is the question's first line, shortened at a word", () => {
    expect(titleFrom("Short")).toBe("Short");
    expect(titleFrom("\n\n  First line  \r\nSecond")).toBe("First line");
    const long = "What does the platform do when a visitor's connection is lost in the middle?";
    expect(titleFrom(long)).toBe("What does the platform do when a visitor's connection is…");
    expect(titleFrom("x".repeat(100))).toBe(`${"x".repeat(60)}…`);
  });

  it("is never empty, long, broken or of several lines", () => {
    const contents = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "grapheme", minLength: 61, maxLength: 300 }),
    );
    fc.assert(
      fc.property(contents, (content) => {
        fc.pre(content.trim() !== "");
        const title = titleFrom(content);
        expect(
          title.length > 0 && title.length <= 61 && !title.includes("\n") && title.isWellFormed(),
        ).toBe(true);
      }),
    );
  });
});
