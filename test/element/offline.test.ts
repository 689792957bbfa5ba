import { describe, expect, test } from "vitest";
import { timing } from "../../element/client/connection.ts";
import { settle } from "../support/clock.ts";
import { createClientBench, type ClientBench } from "./support/client-bench.ts";
import { stored } from "./support/fake-rest.ts";
import { chunk, greeting, processing, start } from "./support/frames.ts";

const shown = ({ client }: ClientBench) =>
  client.state.messages.map(({ content, status }) => [content, status]);
const phaseOf = ({ client }: ClientBench) => client.state.connection.phase;

describe("without a network", () => {
  test("no attempt is used up; as soon as there is one it is tried at once, with a fresh count", () => {
    const bench = createClientBench({ maxReconnectAttempts: 2 });
    bench.open().drop();
    bench.signal("offline");
    expect(bench.client.state.connection).toMatchObject({ status: "connecting", phase: "offline" });
    bench.clock.advance(59_999);
    expect(bench.server.sockets).toHaveLength(1);
    bench.signal("online");
    expect(bench.server.sockets).toHaveLength(2);
    expect(bench.client.state.connection).toMatchObject({
      phase: "connecting",
      reconnectAttempts: 0,
    });
  });

  test("a standing connection is asked at once whether it lives; what it brought is resumed later", () => {
    const bench = createClientBench();
    const socket = bench.open();
    bench.client.ask("What?");
    socket.push(processing("id-1"), start(), chunk("abc", 0));
    bench.signal("offline");
    expect(socket.pings).toHaveLength(1);
    bench.clock.advance(timing.silence);
    expect(phaseOf(bench)).toBe("offline");
    bench.signal("online");
    bench.server.current.push(greeting());
    expect(bench.server.current.resumes).toEqual([{ message_id: "answer-1", cursor: "1-3" }]);
    expect(bench.told.filter((each) => each.startsWith("error"))).toEqual([]);
  });

  test("a browser that is wrong about it is not believed for ever", () => {
    const bench = createClientBench({ maxReconnectAttempts: 0 });
    bench.signal("offline");
    bench.client.connect();
    expect(bench.server.sockets).toHaveLength(1);
    bench.server.current.drop();
    for (let minute = 1; minute <= 3; minute += 1) {
      bench.clock.advance(timing.offline);
      expect(bench.server.sockets).toHaveLength(1 + minute);
      bench.server.current.drop();
    }
    expect(phaseOf(bench)).toBe("offline");
  });

  test("its return gives a fresh count to a connection, too, that has not proved itself", () => {
    const bench = createClientBench({ maxReconnectAttempts: 1 });
    bench.open().drop();
    bench.reopen();
    expect(bench.client.state.connection.reconnectAttempts).toBe(1);
    bench.signal("offline");
    bench.signal("online");
    bench.clock.advance(timing.silence);
    expect(bench.client.state.connection).toMatchObject({ phase: "waiting", reconnectAttempts: 1 });
  });

  test("an attempt under way when it comes back is begun anew", () => {
    const bench = createClientBench();
    bench.client.connect();
    const stuck = bench.server.current;
    bench.signal("offline");
    bench.signal("online");
    expect(stuck.closedWith).toBe(1000);
    expect(bench.server.sockets).toHaveLength(2);
  });
});

describe("a page that wakes", () => {
  test("after its machine slept asks within seconds whether the connection lives", () => {
    const bench = createClientBench();
    const socket = bench.open();
    bench.sleep(600_000);
    bench.clock.advance(timing.look);
    expect(socket.pings).toHaveLength(1);
    bench.clock.advance(timing.silence);
    expect(bench.client.state.connection).toMatchObject({ phase: "waiting", reconnectAttempts: 1 });
  });

  test("asks once, however often it is looked at", () => {
    const bench = createClientBench();
    const socket = bench.open();
    for (let time = 0; time < 3; time += 1) bench.signal("wake");
    expect(socket.pings).toHaveLength(1);
    bench.clock.advance(timing.silence);
    expect(phaseOf(bench)).toBe("waiting");
  });

  test("begins an attempt anew that is older than its sleep, and no fresh one", () => {
    const bench = createClientBench();
    bench.client.connect();
    bench.signal("wake");
    expect(bench.server.sockets).toHaveLength(1);
    bench.sleep(timing.silence);
    bench.signal("wake");
    expect(bench.server.sockets).toHaveLength(2);
  });

  test("as the browser kept it has let go of its socket, and takes up its answer again", () => {
    const bench = createClientBench();
    const socket = bench.open();
    bench.client.ask("What?");
    socket.push(processing("id-1"), start(), chunk("abc", 0));
    bench.signal("hide");
    expect(socket.closedWith).toBe(1000);
    expect(bench.clock.timers).toBe(0);
    bench.signal("wake");
    bench.server.current.push(greeting());
    expect(bench.server.current.resumes).toEqual([{ message_id: "answer-1", cursor: "1-3" }]);
  });

  test.each(["disconnected", "refused"])("is left alone when it is %s", (phase) => {
    const bench = createClientBench();
    if (phase === "refused") {
      bench.client.connect();
      bench.server.current.drop(4403);
    } else {
      bench.open();
      bench.client.disconnect();
    }
    for (const signal of ["wake", "offline", "online", "hide"] as const) bench.signal(signal);
    expect(bench.server.sockets).toHaveLength(1);
    expect(phaseOf(bench)).toBe(phase);
    bench.client.disconnect();
    expect(bench.watchers).toBe(0);
  });
});

describe("questions that are asked without a line", () => {
  const askThree = (bench: ClientBench) => {
    bench.open().drop();
    bench.signal("offline");
    for (const question of ["One", "Two", "Three"]) bench.client.ask(question);
  };
  /** The server takes whatever is asked, as turn 1, 2 … of chat-1. */
  const takeAll = (socket: ClientBench["server"]["current"]) => {
    for (let turn = 1; turn <= socket.questions.length; turn += 1) {
      const { client_message_id } = socket.questions[turn - 1]!;
      const ids = { question_id: `question-${turn}`, message_id: `answer-${turn}` };
      socket.push(processing(client_message_id, ids));
    }
    return socket.questions.map(({ message, chat_id }) => [message, chat_id]);
  };
  const inOrder = [
    ["One", null],
    ["Two", "chat-1"],
    ["Three", "chat-1"],
  ];

  test("are shown as waiting, and go out in order, each once, when the line is back", () => {
    const bench = createClientBench();
    askThree(bench);
    expect(shown(bench)).toEqual([
      ["One", "sending"],
      ["Two", "sending"],
      ["Three", "sending"],
    ]);
    bench.signal("online");
    const socket = bench.server.current;
    socket.push(greeting());
    expect(socket.questions).toHaveLength(1);
    expect(takeAll(socket)).toEqual(inOrder);
    expect(bench.tab.pending).toEqual([]);
    socket.drop();
    expect(bench.reopen().questions).toEqual([]);
  });

  test("are kept over a reload, and can still be taken back, the last one first", () => {
    const bench = createClientBench();
    askThree(bench);
    const page = bench.reload();
    page.client.connect();
    expect(shown(page).map(([content]) => content)).toEqual(["One", "Two", "Three"]);
    expect(page.client.stop()).toBe("Three");
    expect(page.client.stop()).toBe("Two");
    const socket = page.open();
    expect(takeAll(socket)).toEqual(inOrder.slice(0, 1));
  });

  test("are at most ten", () => {
    const bench = createClientBench();
    const taken = Array.from({ length: 12 }, (_, index) => bench.client.ask(`Question ${index}`));
    expect(taken.filter(Boolean)).toHaveLength(10);
    expect(bench.tab.pending).toHaveLength(10);
  });

  test("wait for the answers before them once three are under way", () => {
    const bench = createClientBench();
    askThree(bench);
    bench.client.ask("Four");
    bench.signal("online");
    const socket = bench.server.current;
    socket.push(greeting());
    expect(takeAll(socket)).toEqual(inOrder);
    const end = { message_id: "answer-1", attempt: 1, cursor: "1-end" };
    socket.push(start(), {
      type: "error",
      data: { ...end, chat_id: "chat-1", message: "No", error_code: "X", total_chunks: 0 },
    });
    expect(socket.questions.at(-1)?.message).toBe("Four");
  });

  test("behind a running answer go out while it runs", () => {
    const bench = createClientBench();
    bench.open();
    bench.client.ask("First");
    bench.server.current.push(processing("id-1"), start(), chunk("abc", 0));
    bench.server.current.drop();
    expect(bench.client.ask("Next")).toBe(true);
    const socket = bench.reopen();
    expect(socket.received.map(({ type }) => type)).toEqual(["resume", "chat_message"]);
  });
});

describe("a question that waits in one of two tabs", () => {
  const openTabs = async () => {
    const first = createClientBench();
    first.tab.chatId = "chat-1";
    first.rest.keep("chat-1", [stored({ id: "question-0", content: "Before?" })]);
    first.open();
    const second = first.openTab();
    second.open();
    await settle();
    first.server.sockets[0]?.drop();
    first.client.ask("Waiting?");
    return { first, second };
  };

  test("is sent by that tab alone, also when another is opened", async () => {
    const { first, second } = await openTabs();
    const third = second.openTab();
    third.open();
    await settle();
    third.clock.advance(100);
    expect(shown(third)).toEqual([["Before?", "sent"]]);
    expect(third.server.current.questions).toEqual([]);
    expect(first.reopen().questions).toMatchObject([{ message: "Waiting?", chat_id: "chat-1" }]);
  });

  test("is taken up by the next load when the tab was closed, by one of them alone", async () => {
    const { first, second } = await openTabs();
    first.close();
    const loads = [second.reload(), second.openTab()];
    const sockets = loads.map((page) => page.open());
    await settle();
    second.clock.advance(100);
    expect(sockets.map(({ questions }) => questions)).toMatchObject([
      [{ message: "Waiting?", chat_id: "chat-1", client_message_id: "id-1" }],
      [],
    ]);
    sockets[0]?.push(processing("id-1"));
    for (const page of loads) expect(shown(page)[1]).toEqual(["Waiting?", "sent"]);
    expect(first.tab.pending).toEqual([]);
  });

  test("is not taken up by a page that has gone meanwhile", async () => {
    const { first, second } = await openTabs();
    first.close();
    const page = second.reload();
    page.client.connect();
    page.client.disconnect();
    page.clock.advance(100);
    expect(first.tab.pending).toHaveLength(1);
  });

  test("that the server knows already is not asked again", async () => {
    const { first, second } = await openTabs();
    first.close();
    first.rest.keep("chat-1", [
      stored({ id: "question-1", content: "Waiting?", client_message_id: "id-1" }),
      stored({ id: "answer-1", role: "assistant", status: "queued", reply_to: "question-1" }),
    ]);
    const page = second.reload();
    const socket = page.open();
    await settle();
    page.clock.advance(100);
    expect(socket.questions).toEqual([]);
    expect(shown(page)).toHaveLength(2);
    expect(first.tab.pending).toEqual([]);
  });
});
