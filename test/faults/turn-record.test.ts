import { expect, test } from "vitest";
import { createTurnRecord, type Arrival } from "./turn-record.ts";

const messageId = "msg";
const start = (attempt: number): Arrival => ({
  type: "start",
  messageId,
  attempt,
  cursor: `${attempt}-0`,
});
const chunk = (attempt: number, offset: number, content: string): Arrival => {
  const cursor = `${attempt}-${offset + content.length}`;
  return { type: "chunk", messageId, attempt, cursor, offset, content };
};
const end = (attempt: number): Arrival => {
  const ending = { finishReason: "stop", errorCode: null, totalTokens: 3 };
  return { type: "end", messageId, attempt, cursor: `${attempt}-end`, ending };
};

/** Takes all of them; what is wrong with the last one. */
function take(...arrivals: Arrival[]): string | undefined {
  const record = createTurnRecord();
  const wrong = arrivals.map((arrival) => record.take(arrival)?.kind);
  expect(wrong.slice(0, -1).filter(Boolean)).toEqual([]);
  return wrong.at(-1);
}

test("a turn that comes as the protocol says is without fault", () => {
  const record = createTurnRecord();
  const arrivals = [start(1), chunk(1, 0, "ab"), start(3), chunk(3, 0, "a😀"), chunk(3, 3, "c")];
  for (const arrival of [...arrivals, end(3)]) expect(record.take(arrival)).toBeUndefined();
  expect(record).toMatchObject({ text: "a😀c", attempt: 3, cursor: "3-end" });
  expect(record.ending?.finishReason).toBe("stop");
  expect(take(start(1), end(1))).toBeUndefined();
});

test("whatever is missing, doubled, out of order or after the end is found", () => {
  const cases: [wrong: string, ...Arrival[]][] = [
    ["lost", chunk(1, 0, "a")],
    ["lost", end(1)],
    ["lost", start(1), chunk(1, 1, "b")],
    ["lost", start(1), chunk(2, 0, "a")],
    ["lost", start(1), chunk(1, 0, "a"), end(2)],
    ["duplicated", start(1), start(1)],
    ["duplicated", start(1), chunk(1, 0, "a"), chunk(1, 0, "a")],
    ["duplicated", start(1), chunk(1, 0, "ab"), chunk(1, 1, "bc")],
    ["reordered", start(2), start(1)],
    ["reordered", start(2), chunk(2, 0, "a"), end(1)],
    ["reordered", start(1), { ...chunk(1, 0, "a"), cursor: "1-7" }],
    ["reordered", start(1), { ...chunk(1, 0, "a"), cursor: "2-1" }],
    ["reordered", start(1), chunk(1, 0, "")],
    ["reordered", start(1), end(1), start(2)],
    ["second endings", start(1), end(1), end(1)],
    ["second endings", start(1), end(1), end(2)],
  ];
  for (const [wrong, ...arrivals] of cases)
    expect([take(...arrivals), arrivals]).toEqual([wrong, arrivals]);
});
