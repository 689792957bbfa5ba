import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench, type ClientBench } from "./support/client-bench.ts";
import { restError, stored } from "./support/fake-rest.ts";
import {
  chunk,
  complete,
  greeting,
  processing,
  rateLimit,
  reconnect,
  refusal,
  restOf,
  start,
} from "./support/frames.ts";

const text = "A tenant is a client organisation.";
const connectionOf = ({ client }: ClientBench) => client.state.connection;
const lastOf = ({ client }: ClientBench) => client.state.messages.at(-1);

describe("a server that restarts", () => {
  test("is left as soon as it says so; the answer goes on where it was, and no attempt is used up", () => {
    const bench = createClientBench({ maxReconnectAttempts: 0 });
    const socket = bench.open();
    bench.client.ask("What?");
    socket.push(processing("id-1"), start(), chunk("A ten", 0), reconnect);
    expect(socket.closedWith).toBe(1000);
    expect(connectionOf(bench)).toEqual({
      status: "connecting",
      phase: "waiting",
      reconnectAttempts: 0,
    });
    bench.clock.advance(1000);
    const next = bench.server.current;
    expect(next).not.toBe(socket);
    next.push(greeting());
    expect(next.resumes).toEqual([{ message_id: "answer-1", cursor: "1-5" }]);
    next.push(...restOf(text, "1-5"));
    expect(lastOf(bench)).toMatchObject({ content: text, status: "sent" });
    expect(bench.told.filter((each) => each.startsWith("error"))).toEqual([]);
  });

  test("gets a question again that it had not taken, under the same id", () => {
    const bench = createClientBench();
    bench.open();
    bench.client.ask("What?");
    bench.server.current.push(reconnect);
    expect(bench.reopen().questions).toMatchObject([
      { message: "What?", client_message_id: "id-1" },
    ]);
  });

  test("may also just close with 1012", () => {
    const bench = createClientBench({ maxReconnectAttempts: 0 });
    bench.open().drop(1012);
    expect(connectionOf(bench)).toMatchObject({ phase: "waiting", reconnectAttempts: 0 });
    bench.clock.advance(1000);
    expect(bench.server.sockets).toHaveLength(2);
  });

  test("is come back to by its clients one after another, spread over the time that it names", () => {
    const bench = createClientBench({}, { random: () => 0.25 });
    bench.open().push(reconnect);
    bench.clock.advance(249);
    expect(bench.server.sockets).toHaveLength(1);
    bench.clock.advance(1);
    expect(bench.server.sockets).toHaveLength(2);
  });

  test("again and again is met with growing waits, and never given up", () => {
    const bench = createClientBench({ maxReconnectAttempts: 1 });
    bench.open().push(reconnect);
    const waits = Array.from({ length: 8 }, () => {
      const before = bench.clock.now();
      bench.reopen().push(reconnect);
      return bench.clock.now() - before;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000));
    bench.reopen().push({ type: "pong", data: { timestamp: "" } }, reconnect);
    const before = bench.clock.now();
    bench.reopen();
    expect(bench.clock.now() - before).toBe(1000);
  });

  test.each([
    ["that it drains", [reconnect], 1012, 0],
    ["1012", [], 1012, 1],
    ["1013", [refusal("SERVICE_UNAVAILABLE", { retry_after: 1 })], 1013, 1],
    ["HTTP 503, which a browser hides", [], 1006, 1],
  ])(
    "refuses the handshake with %s: tried again, and nobody is told",
    (_, frames, code, attempts) => {
      const bench = createClientBench();
      bench.open().push(reconnect);
      bench.clock.advance(1000);
      const refused = bench.server.current;
      refused.push(...frames);
      if (refused.closedWith === undefined) refused.drop(code);
      expect(connectionOf(bench)).toMatchObject({ phase: "waiting", reconnectAttempts: attempts });
      bench.reopen();
      expect(connectionOf(bench).status).toBe("connected");
      expect(bench.told).toEqual(["connect", "disconnect", "connect"]);
    },
  );

  test("is not tried before it says that it can be", () => {
    const bench = createClientBench({ reconnectInterval: 100 });
    bench.client.connect();
    bench.server.current.push(refusal("SERVICE_UNAVAILABLE", { retry_after: 5 }));
    bench.server.current.drop(1013);
    bench.clock.advance(4999);
    expect(bench.server.sockets).toHaveLength(1);
    bench.clock.advance(101);
    expect(bench.server.sockets).toHaveLength(2);
  });

  test("gives the history a moment later", async () => {
    const bench = createClientBench();
    bench.tab.chatId = "chat-1";
    bench.rest.keep("chat-1", [stored({ id: "question-1" })]);
    bench.rest.intercept = () => restError(503, "SERVICE_UNAVAILABLE", { "Retry-After": "1" });
    bench.open();
    await settle();
    expect(bench.client.state.history.status).toBe("loading");
    bench.rest.intercept = undefined;
    bench.clock.advance(3000);
    await settle();
    expect(bench.client.state).toMatchObject({ history: { status: "ready" } });
    expect(bench.client.state.messages).toHaveLength(1);
    expect(bench.told).toEqual(["connect"]);
  });
});

describe("a question that is refused for the moment", () => {
  const unavailable = refusal("SERVICE_UNAVAILABLE", { client_message_id: "id-1", retry_after: 2 });
  const ask = (bench: ClientBench) => {
    const socket = bench.open();
    bench.client.ask("What?");
    return socket;
  };

  test.each([
    ["SERVICE_UNAVAILABLE", unavailable],
    ["CHAT_BUSY", refusal("CHAT_BUSY", { client_message_id: "id-1", retry_after: 2 })],
    ["RATE_LIMIT_EXCEEDED", rateLimit(2, { client_message_id: "id-1" })],
  ])("with %s goes out again by itself under the same id, and is no error", (_, refused) => {
    const bench = createClientBench({}, { random: () => 0 });
    const socket = ask(bench);
    socket.push(refused);
    expect(lastOf(bench)?.status).toBe("sending");
    bench.clock.advance(1999);
    expect(socket.questions).toHaveLength(1);
    bench.clock.advance(1);
    expect(socket.questions.map((each) => each.client_message_id)).toEqual(["id-1", "id-1"]);
    socket.push(processing("id-1"), start(), complete());
    expect(bench.client.state.messages.map(({ status }) => status)).toEqual(["sent", "sent"]);
    expect(bench.client.state.messages[0]?.metadata).toEqual({ client_message_id: "id-1" });
    expect(bench.told).toEqual(["connect", "message:user", "message:assistant"]);
  });

  test("is tried five times, at longer and longer intervals; then the reader decides", () => {
    const bench = createClientBench();
    const socket = ask(bench);
    const waits: number[] = [];
    for (let count = 1; count <= 5; count += 1) {
      const before = bench.clock.now();
      socket.push(unavailable);
      while (socket.questions.length === count && bench.clock.next());
      waits.push(bench.clock.now() - before);
    }
    expect(waits).toEqual([2500, 3000, 4000, 6000, 10_000]);
    expect(bench.told).toEqual(["connect"]);
    socket.push(unavailable);
    expect(lastOf(bench)).toMatchObject({
      status: "error",
      metadata: { error: { code: "SERVICE_UNAVAILABLE" } },
    });
    expect(bench.told).toEqual(["connect", "error:SERVICE_UNAVAILABLE"]);
    bench.clock.advance(20_000);
    expect(socket.questions).toHaveLength(6);
    bench.client.retry("id-1");
    expect(socket.questions.at(-1)?.client_message_id).toBe("id-1");
  });

  test("for long is the reader's to decide at once", () => {
    const bench = createClientBench();
    const socket = ask(bench);
    socket.push(rateLimit(11, { client_message_id: "id-1" }));
    expect(lastOf(bench)).toMatchObject({
      status: "error",
      metadata: { error: { retryAt: bench.clock.now() + 11_000 } },
    });
    expect(bench.told).toEqual(["connect", "error:RATE_LIMIT_EXCEEDED"]);
    bench.clock.advance(20_000);
    expect(socket.questions).toHaveLength(1);
  });

  test("goes to another server at once", () => {
    const bench = createClientBench();
    ask(bench).push(unavailable, reconnect);
    expect(bench.reopen().questions).toMatchObject([{ client_message_id: "id-1" }]);
  });

  test("lets no later one overtake it", () => {
    const bench = createClientBench();
    bench.client.ask("First");
    bench.client.ask("Second");
    const socket = bench.open();
    socket.push(unavailable);
    bench.clock.advance(2500);
    expect(socket.questions.map(({ message }) => message)).toEqual(["First", "First"]);
    socket.push(processing("id-1"));
    expect(socket.questions.at(-1)?.message).toBe("Second");
  });

  test("leaves no timer when the chat is disconnected", () => {
    const bench = createClientBench();
    ask(bench).push(unavailable);
    bench.client.disconnect();
    expect(bench.clock.timers).toBe(0);
    expect(bench.open().questions).toMatchObject([{ client_message_id: "id-1" }]);
  });
});
