import { expect, test } from "vitest";
import { createClientBench } from "./support/client-bench.ts";
import {
  chunk,
  complete,
  failure,
  greeting,
  processing,
  rateLimit,
  refusal,
  restOf,
  start,
  turnOf,
} from "./support/frames.ts";

const text = "A tenant is a client organisation.";
const lastOf = (bench: ReturnType<typeof createClientBench>) => bench.client.state.messages.at(-1);

test("a question goes out once there is a connection, and its answer comes", () => {
  const bench = createClientBench();
  expect(bench.client.ask("  What is a tenant?  ")).toBe(true);
  const socket = bench.server.current;
  expect(socket.url.href).toBe("wss://api.example/api/v1/ws/chat?tenant_id=acme&client_id=tab-1");
  expect(socket.received).toEqual([]);

  socket.push(greeting());
  expect(socket.questions).toEqual([
    { message: "What is a tenant?", chat_id: null, stream: true, client_message_id: "id-1" },
  ]);
  socket.push(processing("id-1"), ...turnOf(text, 5));
  expect(bench.client.state).toMatchObject({
    connection: { status: "connected", reconnectAttempts: 0 },
    currentChat: { id: "chat-1" },
    streaming: { isStreaming: false, currentMessageId: null, chunks: [] },
  });
  expect(lastOf(bench)?.content).toBe(text);
  expect(bench.told).toEqual(["connect", "message:user", "message:assistant"]);

  bench.client.ask("And a chat?");
  expect(socket.questions.at(-1)).toMatchObject({ chat_id: "chat-1" });
});

test("nothing is asked twice at a time, nor when it is empty or too long", () => {
  const bench = createClientBench();
  const socket = bench.open();
  expect(bench.client.ask(" \n ")).toBe(false);
  expect(bench.client.ask("x".repeat(16_001))).toBe(false);
  expect(bench.client.ask("One")).toBe(true);
  expect(bench.client.ask("Two")).toBe(false);
  expect(socket.questions).toHaveLength(1);
});

const pieces = turnOf(text, 5);
test.each(pieces.map((_, index) => index))(
  "a drop after frame %i of an answer loses and repeats nothing",
  (index) => {
    const bench = createClientBench();
    const first = bench.open();
    bench.client.ask("What?");
    first.push(processing("id-1"), ...pieces.slice(0, index));
    const seen = lastOf(bench)?.content ?? "";
    first.drop();
    expect(bench.client.state.connection).toMatchObject({
      status: "connecting",
      reconnectAttempts: 1,
    });
    expect(lastOf(bench)?.content).toBe(seen);

    const second = bench.reopen();
    expect(second.questions).toEqual([]);
    const [resume] = second.resumes;
    expect(resume?.message_id).toBe("answer-1");
    second.push(...restOf(text, resume?.cursor));
    expect(lastOf(bench)).toMatchObject({ content: text, metadata: { streaming: false } });
  },
);

test("a question that was not acknowledged is sent again under the same id, and one that was is not", () => {
  const bench = createClientBench();
  bench.open();
  bench.client.ask("What?");
  bench.server.current.drop();
  const second = bench.reopen();
  expect(second.questions).toMatchObject([{ client_message_id: "id-1", message: "What?" }]);
  second.push(processing("id-1"));
  second.drop();
  const third = bench.reopen();
  expect(third.questions).toEqual([]);
  expect(third.resumes).toEqual([{ message_id: "answer-1" }]);
});

test("a drop in every place at once: each connection brings one more frame", () => {
  const bench = createClientBench();
  let socket = bench.open();
  bench.client.ask("What?");
  socket.push(processing("id-1"));
  for (let seen = 0; seen < text.length; seen += 3) {
    socket.push(...(seen === 0 ? [start()] : []), chunk(text.slice(seen, seen + 3), seen));
    socket.drop(4408);
    socket = bench.reopen();
    expect(socket.resumes).toEqual([
      { message_id: "answer-1", cursor: `1-${Math.min(seen + 3, text.length)}` },
    ]);
  }
  socket.push(complete());
  expect(lastOf(bench)?.content).toBe(text);
});

test("a second attempt of the server replaces the text of the first", () => {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  socket.push(processing("id-1"), start(), chunk("Half of the fir", 0));
  socket.push(
    start(2),
    chunk("The second", 0, 2),
    chunk("st", 15, 1),
    complete({ attempt: 2, cursor: "2-end" }),
  );
  expect(lastOf(bench)?.content).toBe("The second");
});

test("a gap is asked for once, with the last cursor", () => {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  socket.push(processing("id-1"), start(), chunk("abc", 0), chunk("ghi", 6), chunk("jkl", 9));
  expect(socket.resumes).toEqual([{ message_id: "answer-1", cursor: "1-3" }]);
});

test("an unknown cursor is met by resuming from the start", () => {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  socket.push(processing("id-1"), start(), chunk("abc", 0), chunk("ghi", 6));
  socket.push(refusal("INVALID_CURSOR", { message_id: "answer-1" }));
  expect(socket.resumes.at(-1)).toEqual({ message_id: "answer-1" });
  socket.push(...restOf(text, undefined));
  expect(lastOf(bench)?.content).toBe(text);
});

test("a resume that came too often is tried again when it may be", () => {
  const bench = createClientBench();
  bench.open();
  bench.client.ask("What?");
  bench.server.current.push(processing("id-1"), start(), chunk("abc", 0));
  bench.server.current.drop();
  const socket = bench.reopen();
  socket.push(rateLimit(7, { message_id: "answer-1" }));
  bench.clock.advance(6999);
  expect(socket.resumes).toHaveLength(1);
  bench.clock.advance(1);
  expect(socket.resumes).toHaveLength(2);
});

test("stop cancels the answer, also when it was wished before the server had taken the question", () => {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  expect(bench.client.stop()).toBeUndefined();
  expect(socket.cancels).toEqual([]);
  socket.push(processing("id-1"));
  expect(socket.cancels).toEqual([{ message_id: "answer-1" }]);
  socket.push(start(), complete({ finish_reason: "cancelled" }));
  expect(bench.client.state.streaming.isStreaming).toBe(false);
});

test("a wish to stop outlives a lost connection", () => {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  socket.push(processing("id-1"), start(), chunk("abc", 0));
  socket.drop();
  bench.client.stop();
  const next = bench.reopen();
  expect(next.received.map(({ type }) => type)).toEqual(["resume", "cancel"]);
});

test("a question that was never sent is taken back by stop", () => {
  const bench = createClientBench();
  bench.client.ask("What?");
  expect(bench.client.stop()).toBe("What?");
  expect(bench.client.state.messages).toEqual([]);
});

test("retry asks the question of a failed answer under a new id, of a refused question under its own", () => {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  socket.push(processing("id-1"), start(), chunk("abc", 0), failure());
  bench.client.retry("answer-1");
  expect(bench.client.state.messages).toHaveLength(1);
  expect(socket.questions.at(-1)).toMatchObject({
    message: "What?",
    client_message_id: "id-2",
  });

  socket.push(rateLimit(60, { client_message_id: "id-2" }));
  bench.client.retry("id-2");
  expect(socket.questions).toHaveLength(3);
  expect(socket.questions.at(-1)).toMatchObject({
    message: "What?",
    client_message_id: "id-2",
  });
});

test("a frame that was too long fails its question instead of being sent for ever", () => {
  const bench = createClientBench();
  bench.open();
  bench.client.ask("What?");
  bench.server.current.drop(1009);
  expect(lastOf(bench)).toMatchObject({ status: "error" });
  expect(bench.reopen().received).toEqual([]);
});

test("what is no frame is passed over, and the connection lives on", () => {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  for (const junk of [
    "{",
    "null",
    "[]",
    '{"type":1}',
    '{"type":"x","data":null}',
    new ArrayBuffer(2),
  ]) {
    socket.pushText(junk);
  }
  socket.push(processing("id-1"), ...turnOf(text, 9));
  expect(lastOf(bench)?.content).toBe(text);
});

test("errors and the loss of the connection are told; what a callback throws stops nothing", () => {
  const mistake = new Error("the page's own");
  const bench = createClientBench({
    onConnect: () => {
      throw mistake;
    },
  });
  bench.client.ask("What?");
  const socket = bench.open();
  expect(bench.thrown).toEqual([mistake]);
  expect(socket.questions).toHaveLength(1);
  socket.push(refusal("INVALID_REQUEST"));
  socket.drop();
  expect(bench.told).toEqual(["error:INVALID_REQUEST", "disconnect"]);
});

test("subscribers get each new snapshot until they leave", () => {
  const bench = createClientBench();
  const seen: string[] = [];
  const leave = bench.client.subscribe(({ connection }) => seen.push(connection.phase));
  bench.open();
  leave();
  bench.client.disconnect();
  expect(seen).toEqual(["connecting", "connected"]);
  expect(bench.client.state).toBe(bench.client.state);
});

test("disconnect leaves no socket and no timer, and connect resumes", () => {
  const bench = createClientBench();
  const socket = bench.open();
  bench.client.ask("What?");
  socket.push(
    processing("id-1"),
    start(),
    chunk("abc", 0),
    rateLimit(5, { message_id: "answer-1" }),
  );
  bench.client.disconnect();
  expect(socket).toMatchObject({ closedWith: 1000, onmessage: null, onclose: null });
  expect(bench.clock.timers).toBe(0);
  expect(bench.client.state.connection).toMatchObject({
    status: "disconnected",
    reconnectAttempts: 0,
  });
  expect(bench.open().resumes).toEqual([{ message_id: "answer-1", cursor: "1-3" }]);
});
