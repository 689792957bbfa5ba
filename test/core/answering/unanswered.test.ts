import { describe, expect, it } from "vitest";
import { whyUnanswered } from "../../../api/core/answering/unanswered.ts";
import { source } from "../../rest/scripted-answerer.ts";
import { passages } from "../../support/model-world.ts";

const stop = { finishReason: "stop", sources: [] } as const;

describe("a question is kept as unanswered", () => {
  it("where nothing was found", () => {
    expect(whyUnanswered("What is the meaning of life?", [], stop)).toBe("nothing_found");
  });

  it("where the answer cites nothing of what was found", () => {
    expect(whyUnanswered("Do tomatoes dream?", passages, stop)).toBe("not_in_documents");
    const length = { ...stop, finishReason: "length" } as const;
    expect(whyUnanswered("Do tomatoes dream?", passages, length)).toBe("not_in_documents");
  });
});

describe("a question is not", () => {
  it.each([
    "hello",
    "thanks!",
    "Who are you?",
    "🙂",
    "?",
    "shorter please",
    "What did I ask before?",
  ])("that asks nothing of the documents: %s", (text) => {
    expect(whyUnanswered(text, passages, stop)).toBeUndefined();
    expect(whyUnanswered(text, [], stop)).toBeUndefined();
  });

  it("whose answer cites a source, or was withheld", () => {
    const cited = { ...stop, sources: [source] };
    expect(whyUnanswered("How much sun?", passages, cited)).toBeUndefined();
    const filtered = { ...stop, finishReason: "content_filter" } as const;
    expect(whyUnanswered("How much sun?", passages, filtered)).toBeUndefined();
  });
});
