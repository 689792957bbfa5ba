import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench, type ClientBench } from "./support/client-bench.ts";
import { restError, stored } from "./support/fake-rest.ts";
import { chunk, complete, processing, start, turnOf } from "./support/frames.ts";

const ids = ({ client }: ClientBench) => client.state.chats.map(({ id }) => id);
const texts = ({ client }: ClientBench) => client.state.messages.map(({ content }) => content);

/** A visitor with three chats, who is connected. */
function openVisitor(): ClientBench {
  const bench = createClientBench();
  bench.tokens.visitor = "visitor-1";
  for (const id of ["chat-3", "chat-2", "chat-1"])
    bench.rest.keep(id, [stored({ id: `question-of-${id}`, content: `Of ${id}?` })]);
  bench.open();
  return bench;
}

describe("the list of chats", () => {
  test("comes when it is asked for, page by page", async () => {
    const bench = openVisitor();
    bench.rest.pageSize = 2;
    expect(bench.client.state.chatList.status).toBe("idle");
    const loading = bench.client.loadChats();
    expect(bench.client.state.chatList.status).toBe("loading");
    await loading;
    expect(ids(bench)).toEqual(["chat-3", "chat-2"]);
    expect(bench.client.state.chatList).toEqual({ status: "ready", hasMore: true });
    await bench.client.loadMoreChats();
    expect(ids(bench)).toEqual(["chat-3", "chat-2", "chat-1"]);
    expect(bench.client.state.chatList).toEqual({ status: "ready", hasMore: false });
    await bench.client.loadMoreChats();
    expect(bench.rest.calls).toHaveLength(2);
    expect(bench.rest.calls[0]?.headers.get("X-Visitor-Token")).toBe("visitor-1");
  });

  test("of one who is nobody yet is empty, without a request", async () => {
    const bench = createClientBench();
    await bench.client.loadChats();
    expect(bench.client.state).toMatchObject({ chats: [], chatList: { status: "ready" } });
    expect(bench.rest.calls).toEqual([]);
  });

  test("of a visitor whose token is refused is empty, since they are a new one", async () => {
    const bench = openVisitor();
    bench.rest.intercept = ({ headers }) =>
      headers.has("X-Visitor-Token")
        ? restError(401, "INVALID_TOKEN")
        : restError(401, "VISITOR_TOKEN_REQUIRED");
    await bench.client.loadChats();
    expect(bench.client.state).toMatchObject({ chats: [], chatList: { status: "ready" } });
  });

  test("that can't be loaded says so, keeps what it has, and can be loaded again", async () => {
    const bench = openVisitor();
    await bench.client.loadChats();
    bench.rest.intercept = () => restError(503, "SERVICE_UNAVAILABLE");
    await bench.client.loadChats();
    const error = "Refused: SERVICE_UNAVAILABLE";
    expect(bench.client.state.chatList).toEqual({ status: "error", hasMore: false, error });
    expect(ids(bench)).toHaveLength(3);
    expect(bench.told).toEqual(["connect", "error:SERVICE_UNAVAILABLE"]);
    bench.rest.intercept = undefined;
    await bench.client.loadChats();
    expect(bench.client.state.chatList.status).toBe("ready");
  });

  test("of an earlier request never takes the place of a later one's", async () => {
    const bench = openVisitor();
    let answerFirst = () => {};
    bench.rest.intercept = () =>
      new Promise((resolve) => {
        const late = Response.json({ items: [], next: null });
        answerFirst = () => resolve(late);
      });
    const first = bench.client.loadChats();
    bench.rest.intercept = undefined;
    await bench.client.loadChats();
    answerFirst();
    await first;
    expect(ids(bench)).toHaveLength(3);
  });

  test("always has the chat that is open", async () => {
    const bench = openVisitor();
    bench.client.ask("New?");
    bench.server.current.push(processing("id-1", { chat_id: "chat-4" }));
    expect(bench.client.state).toMatchObject({
      chats: [{ id: "chat-4" }],
      currentChat: { id: "chat-4" },
    });
    await bench.client.loadChats();
    expect(ids(bench)).toEqual(["chat-4", "chat-3", "chat-2", "chat-1"]);
  });
});

describe("going to another chat", () => {
  test("shows its messages, and the next question goes on in it", async () => {
    const bench = openVisitor();
    expect(bench.client.openChat("chat-2")).toBe(true);
    expect(bench.client.state.history.status).toBe("loading");
    await settle();
    expect(texts(bench)).toEqual(["Of chat-2?"]);
    bench.client.ask("More?");
    expect(bench.server.current.questions).toMatchObject([{ chat_id: "chat-2" }]);
    expect(bench.tab.chatId).toBe("chat-2");
  });

  test("twice shows the second one, whichever comes first", async () => {
    const bench = openVisitor();
    bench.client.openChat("chat-2");
    bench.client.openChat("chat-3");
    await settle();
    expect(texts(bench)).toEqual(["Of chat-3?"]);
  });

  test("leaves an answer to go on by itself, and nothing of it comes along", async () => {
    const bench = openVisitor();
    bench.client.ask("What?");
    const socket = bench.server.current;
    socket.push(processing("id-1"), start(), chunk("A ten", 0));
    bench.client.newChat();
    expect(bench.client.state).toMatchObject({
      messages: [],
      currentChat: null,
      streaming: { isStreaming: false },
    });
    socket.push(chunk("ant", 5), complete());
    expect(bench.client.state).toMatchObject({ messages: [], currentChat: null });
    bench.client.ask("Anew?");
    expect(socket.questions.at(-1)).toMatchObject({ message: "Anew?", chat_id: null });
  });

  test("and coming back resumes the answer", async () => {
    const bench = openVisitor();
    bench.client.ask("What?");
    const socket = bench.server.current;
    socket.push(processing("id-1"), start(), chunk("A ten", 0));
    bench.rest.keep("chat-1", [
      stored({ id: "question-1", client_message_id: "id-1" }),
      stored({ id: "answer-1", role: "assistant", content: "A", status: "streaming" }),
    ]);
    bench.client.openChat("chat-3");
    await settle();
    bench.client.openChat("chat-1");
    await settle();
    expect(socket.resumes).toEqual([{ message_id: "answer-1" }]);
    socket.push(...turnOf("A tenant", 8));
    expect(texts(bench)).toEqual(["What?", "A tenant"]);
  });

  test("is refused while a question waits, since it would be lost", () => {
    const bench = openVisitor();
    bench.client.ask("What?");
    expect(bench.client.newChat()).toBe(false);
    expect(bench.client.openChat("chat-2")).toBe(false);
    expect(texts(bench)).toEqual(["What?"]);
  });

  test("a new chat stays new after a reload, and before the first connection", async () => {
    const bench = createClientBench();
    bench.tab.chatId = "chat-1";
    bench.rest.keep("chat-1", [stored({ id: "q" })]);
    bench.client.newChat();
    bench.open();
    const page = bench.reload();
    page.open();
    await settle();
    expect(texts(page)).toEqual([]);
    expect(page.rest.calls).toEqual([]);
  });

  test("a tab keeps its chat when another tab goes elsewhere; a new tab has the last one", async () => {
    const bench = openVisitor();
    bench.client.openChat("chat-2");
    const other = bench.openTab();
    other.open();
    other.client.openChat("chat-3");
    const third = bench.openTab();
    third.open();
    const page = bench.reload();
    page.open();
    await settle();
    expect(texts(page)).toEqual(["Of chat-2?"]);
    expect(texts(third)).toEqual(["Of chat-3?"]);
  });
});

describe("a chat", () => {
  test("is renamed", async () => {
    const bench = openVisitor();
    await bench.client.loadChats();
    bench.client.openChat("chat-2");
    await bench.client.renameChat("chat-2", "Garden");
    expect(bench.client.state.chats[1]).toMatchObject({ id: "chat-2", title: "Garden" });
    expect(bench.client.state.currentChat?.title).toBe("Garden");
    expect(bench.rest.calls.at(-1)).toMatchObject({
      method: "PATCH",
      path: "/chat/chat-2",
      body: { title: "Garden" },
    });
  });

  test("that is open is renamed though the list was never loaded", async () => {
    const bench = openVisitor();
    bench.client.openChat("chat-2");
    await bench.client.renameChat("chat-2", "Garden");
    expect(bench.client.state.currentChat).toMatchObject({ id: "chat-2", title: "Garden" });
  });

  test("keeps its name when the server refuses another", async () => {
    const bench = openVisitor();
    await bench.client.loadChats();
    bench.rest.intercept = () => restError(400, "INVALID_REQUEST");
    await expect(bench.client.renameChat("chat-2", "")).rejects.toThrow("INVALID_REQUEST");
    expect(bench.client.state.chats[1]?.title).toBe("Title of chat-2");
  });

  test("is deleted, and left for a new one if it is open", async () => {
    const bench = openVisitor();
    await bench.client.loadChats();
    bench.client.openChat("chat-2");
    await settle();
    await bench.client.deleteChat("chat-1");
    expect(texts(bench)).toEqual(["Of chat-2?"]);
    await bench.client.deleteChat("chat-2");
    expect(bench.client.state).toMatchObject({ messages: [], currentChat: null });
    expect(ids(bench)).toEqual(["chat-3"]);
    expect(bench.tab.chatId).toBe("");
  });

  test("that is gone already counts as deleted", async () => {
    const bench = openVisitor();
    await bench.client.loadChats();
    bench.rest.chats.delete("chat-1");
    await bench.client.deleteChat("chat-1");
    expect(ids(bench)).toEqual(["chat-3", "chat-2"]);
  });

  test("that can't be deleted stays", async () => {
    const bench = openVisitor();
    await bench.client.loadChats();
    bench.rest.intercept = () => {
      throw new TypeError("Failed to fetch");
    };
    await expect(bench.client.deleteChat("chat-1")).rejects.toMatchObject({ code: "UNREACHABLE" });
    expect(ids(bench)).toHaveLength(3);
  });
});
