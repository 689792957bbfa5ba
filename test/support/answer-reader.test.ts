import { expect, test } from "vitest";
import type { TurnFrame } from "../../api/ws/protocol.ts";
import { createAnswerReader } from "./answer-reader.ts";

const place = { message_id: "m", chat_id: "c", cursor: "x" };
const start = (attempt: number): TurnFrame => ({
  type: "response_start",
  data: { ...place, attempt },
});
const chunk = (offset: number, content: string, attempt = 1): TurnFrame => ({
  type: "response_chunk",
  data: { ...place, offset, content, attempt },
});
const error: TurnFrame = {
  type: "error",
  data: { ...place, attempt: 1, message: "It broke", error_code: "X", total_chunks: 1 },
};

function read(...frames: readonly TurnFrame[]) {
  const reader = createAnswerReader();
  for (const frame of frames) reader.take(frame);
  return reader.text;
}

test("a later attempt begins afresh", () => {
  expect(read(start(1), chunk(0, "ab"), chunk(2, "c"))).toBe("abc");
  expect(read(start(1), chunk(0, "ab"), start(2), chunk(0, "c", 2))).toBe("c");
});

test("lost, doubled and misplaced frames are refused, and so is an error", () => {
  expect(() => read(start(1), chunk(0, "ab"), chunk(3, "d"))).toThrow("at 3 comes at 2");
  expect(() => read(start(1), chunk(0, "ab"), chunk(0, "ab"))).toThrow("at 0 comes at 2");
  expect(() => read(start(1), chunk(0, "ab"), start(1))).toThrow(
    "attempt 1 starts after attempt 1",
  );
  expect(() => read(start(2), chunk(0, "ab", 1))).toThrow("a chunk of attempt 1");
  expect(() => read(start(1), error)).toThrow("it ends with X: It broke");
});
