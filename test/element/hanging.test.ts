import { expect, test } from "vitest";
import { patience } from "../../element/client/turn-keeper.ts";
import { createClientBench, type ClientBench } from "./support/client-bench.ts";
import { chunk, processing, refusal, restOf, start } from "./support/frames.ts";

const text = "A tenant is a client organisation.";
const lastOf = ({ client }: ClientBench) => client.state.messages.at(-1);

/** Time passes, and every ping is answered: the connection stands. */
function pass(bench: ClientBench, ms: number): void {
  for (let left = ms; left > 0; left -= 5000) {
    bench.clock.advance(5000);
    bench.server.current.push({ type: "pong", data: { timestamp: "" } });
  }
}

function openAnswer() {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  socket.push(processing("id-1"), start(), chunk("A ten", 0));
  return { bench, socket };
}

test("an answer of which nothing is heard is asked for from its last place, again and again, until it ends", () => {
  const { bench, socket } = openAnswer();
  pass(bench, patience - 5000);
  expect(socket.resumes).toEqual([]);
  pass(bench, 5000);
  expect(socket.resumes).toEqual([{ message_id: "answer-1", cursor: "1-5" }]);
  pass(bench, patience);
  expect(socket.resumes).toHaveLength(2);
  socket.push(...restOf(text, "1-5"));
  expect(lastOf(bench)).toMatchObject({ content: text, metadata: { streaming: false } });
  pass(bench, 2 * patience);
  expect(socket.resumes).toHaveLength(2);
});

test("one that comes in slow pieces is left alone", () => {
  const { bench, socket } = openAnswer();
  for (let end = 5; end < text.length; end += 1) {
    pass(bench, 40_000);
    socket.push(chunk(text.slice(end, end + 1), end));
  }
  expect(lastOf(bench)?.content).toBe(text);
  expect(socket.resumes).toEqual([]);
});

test("one that the server no longer knows ends as an error, and can be asked again", () => {
  const { bench, socket } = openAnswer();
  pass(bench, patience);
  socket.push(refusal("MESSAGE_NOT_FOUND", { message_id: "answer-1" }));
  expect(lastOf(bench)).toMatchObject({
    content: "A ten",
    status: "error",
    metadata: { streaming: false, error: { code: "MESSAGE_NOT_FOUND" } },
  });
  expect(bench.told.at(-1)).toBe("error:MESSAGE_NOT_FOUND");
  bench.client.retry("answer-1");
  expect(socket.questions.at(-1)).toMatchObject({ message: "What?", client_message_id: "id-2" });
});

test("one that can't be resumed for another reason ends as an error in the end, without a flood of tries", () => {
  const { bench, socket } = openAnswer();
  pass(bench, patience);
  for (let count = 1; count <= 5; count += 1) {
    socket.push(refusal("INTERNAL_ERROR", { message_id: "answer-1" }));
    expect(socket.resumes).toHaveLength(count);
    bench.clock.advance(3000);
  }
  expect(lastOf(bench)?.metadata?.streaming).toBe(true);
  socket.push(refusal("INTERNAL_ERROR", { message_id: "answer-1" }));
  expect(lastOf(bench)).toMatchObject({ status: "error", metadata: { streaming: false } });
});

test("one that a missing database holds up is waited for, however long that takes", () => {
  const { bench, socket } = openAnswer();
  pass(bench, patience);
  for (let count = 1; count <= 20; count += 1) {
    socket.push(refusal("SERVICE_UNAVAILABLE", { message_id: "answer-1", retry_after: 2 }));
    bench.clock.advance(2000);
    expect(socket.resumes).toHaveLength(count + 1);
  }
  socket.push(...restOf(text, "1-5"));
  expect(lastOf(bench)?.content).toBe(text);
  expect(bench.told).toEqual(["connect", "message:user", "message:assistant"]);
});

test("a wish to stop that was not heard is repeated", () => {
  const { bench, socket } = openAnswer();
  bench.client.stop();
  pass(bench, patience);
  expect(socket.cancels).toHaveLength(2);
});

test("a question that gets no reply on a connection that stands is sent again under the same id", () => {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  pass(bench, patience);
  expect(socket.questions.map((each) => each.client_message_id)).toEqual(["id-1", "id-1"]);
  socket.push(processing("id-1"), processing("id-1"));
  expect(bench.told).toEqual(["connect", "message:user"]);
});
