import { expect, test } from "vitest";
import { createClientBench } from "./support/client-bench.ts";
import { chunk, processing, rateLimit, refusal, start, turnOf } from "./support/frames.ts";

const up = { rating: "up", comment: null } as const;
const down = { rating: "down", comment: null } as const;
const named = { message_id: "answer-1" };

function openAnswered() {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  socket.push(processing("id-1"), ...turnOf("A tenant.", 9));
  return { bench, socket };
}

const feedbackOf = ({ client }: ReturnType<typeof createClientBench>) =>
  client.state.messages.at(-1)?.metadata?.feedback;
const saved = (rating: "up" | "down" | null) =>
  ({ type: "feedback_saved", data: { ...named, chat_id: "chat-1", rating } }) as const;

test("a rating shows at once, and stays when it is saved", () => {
  const { bench, socket } = openAnswered();
  bench.client.rate("answer-1", up);
  expect(feedbackOf(bench)).toEqual(up);
  expect(socket.ratings).toEqual([{ ...named, ...up }]);
  socket.push(saved("up"));
  expect(feedbackOf(bench)).toEqual(up);
  expect(bench.told).toEqual(["connect", "message:user", "message:assistant"]);
});

test("a comment goes with it, and null takes it back", () => {
  const { bench, socket } = openAnswered();
  bench.client.rate("answer-1", down);
  bench.client.rate("answer-1", { rating: "down", comment: "Too short" });
  bench.client.rate("answer-1", null);
  expect(socket.ratings.map(({ rating, comment }) => [rating, comment])).toEqual([
    ["down", null],
    ["down", "Too short"],
    [null, null],
  ]);
  expect(feedbackOf(bench)).toBeNull();
});

test.each([
  ["an error", refusal("INVALID_REQUEST", named)],
  ["too many requests", rateLimit(9, named)],
])("%s takes it back, and is told", (_, frame) => {
  const { bench, socket } = openAnswered();
  bench.client.rate("answer-1", up);
  socket.push(saved("up"));
  bench.client.rate("answer-1", down);
  expect(feedbackOf(bench)).toEqual(down);
  socket.push(frame);
  expect(feedbackOf(bench)).toEqual(up);
  expect(bench.told.at(-1)).toMatch(/^error:/);
  bench.clock.advance(60_000);
  expect(socket.resumes).toEqual([]);
});

test("of two that are under way only the refused one is taken back", () => {
  const { bench, socket } = openAnswered();
  bench.client.rate("answer-1", down);
  bench.client.rate("answer-1", { rating: "down", comment: "x".repeat(2000) });
  socket.push(saved("down"));
  expect(feedbackOf(bench)?.comment).toHaveLength(2000);
  socket.push(refusal("INVALID_REQUEST", named));
  expect(feedbackOf(bench)).toEqual(down);
});

test("a rating that was not acknowledged is sent again with the next connection, the newest alone", () => {
  const { bench, socket } = openAnswered();
  bench.client.rate("answer-1", up);
  bench.client.rate("answer-1", down);
  socket.drop();
  const next = bench.reopen();
  expect(next.ratings).toEqual([{ ...named, ...down }]);
  next.push(saved("down"));
  next.drop();
  expect(bench.reopen().ratings).toEqual([]);
});

test("what is no answer that has ended can't be rated", () => {
  const { bench, socket } = openAnswered();
  bench.client.ask("More?");
  const turn = { message_id: "answer-2", question_id: "question-2" };
  socket.push(processing("id-2", turn), start(1, "answer-2"), chunk("A", 0, 1, "answer-2"));
  for (const id of ["answer-2", "question-1", "unknown"]) bench.client.rate(id, up);
  expect(socket.ratings).toEqual([]);
});

test("an error of an answer under way is none of a rating", () => {
  const { bench, socket } = openAnswered();
  bench.client.rate("answer-1", up);
  socket.push(refusal("CHAT_BUSY"));
  expect(feedbackOf(bench)).toEqual(up);
  socket.push(saved("up"));
});
