import { expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench, type ClientBench } from "./support/client-bench.ts";
import { stored } from "./support/fake-rest.ts";
import { chunk, greeting, processing, restOf, start, turnOf } from "./support/frames.ts";

const text = "A tenant is a client organisation.";
const shown = ({ client }: ClientBench) =>
  client.state.messages.map(({ role, content }) => [role, content]);

/** Two tabs that show the same chat, each with its connection. */
async function openBoth() {
  const first = createClientBench();
  first.tab.chatId = "chat-1";
  first.rest.keep("chat-1", [stored({ id: "question-0", content: "Before?" })]);
  const ours = first.open();
  const second = first.openTab();
  second.tab.chatId = "chat-1";
  const theirs = second.open();
  await settle();
  return { first, second, ours, theirs };
}

const pieces = turnOf(text, 5);
test.each(pieces.map((_, index) => index))(
  "a tab that is opened after frame %i of an answer shows the same",
  async (index) => {
    const first = createClientBench();
    const ours = first.open();
    first.client.ask("What?");
    ours.push(processing("id-1"), ...pieces.slice(0, index));
    first.rest.keep("chat-1", [
      stored({ id: "question-1", client_message_id: "id-1" }),
      stored({ id: "answer-1", role: "assistant", content: "", status: "queued" }),
    ]);
    const second = first.openTab();
    const theirs = second.open();
    await settle();
    expect(theirs.resumes).toEqual([{ message_id: "answer-1" }]);
    ours.push(...pieces.slice(index));
    theirs.push(...restOf(text, undefined));
    expect(shown(second)).toEqual(shown(first));
    expect(shown(first)).toEqual([
      ["user", "What?"],
      ["assistant", text],
    ]);
  },
);

test("a question that is asked in one tab comes to the other with its answer, without a request", async () => {
  const { first, second, ours, theirs } = await openBoth();
  const requests = first.rest.calls.length;
  first.client.ask("What?");
  expect(shown(second)).toHaveLength(1);
  ours.push(processing("id-1"), start(), chunk("A ten", 0));
  expect(second.client.state.streaming.isStreaming).toBe(true);
  expect(theirs.resumes).toEqual([{ message_id: "answer-1" }]);
  ours.push(...restOf(text, "1-5"));
  theirs.push(...restOf(text, undefined));
  expect(shown(second)).toEqual(shown(first));
  expect(shown(first)).toEqual([
    ["user", "Before?"],
    ["user", "What?"],
    ["assistant", text],
  ]);
  expect(first.rest.calls).toHaveLength(requests);
});

test("a question that comes while the other tab loads its history is not lost", async () => {
  const { first, ours } = await openBoth();
  const third = first.openTab();
  third.client.connect();
  first.client.ask("What?");
  ours.push(processing("id-1"));
  third.server.current.push(greeting());
  await settle();
  expect(shown(third)).toEqual([
    ["user", "Before?"],
    ["user", "What?"],
    ["assistant", ""],
  ]);
});

test("a question whose reply was lost in a reload comes to the other tab as soon as it is known to be taken", async () => {
  const { first, second, theirs } = await openBoth();
  first.client.ask("What?");
  first.rest.keep("chat-1", [
    stored({ id: "question-0", content: "Before?" }),
    stored({ id: "question-1", client_message_id: "id-1" }),
    stored({ id: "answer-1", role: "assistant", status: "queued", reply_to: "question-1" }),
  ]);
  const page = first.reload();
  const socket = page.open();
  await settle();
  expect(socket.questions).toEqual([]);
  expect(page.told).toEqual(["connect", "message:user"]);
  expect(theirs.resumes).toEqual([{ message_id: "answer-1" }]);
  expect(shown(second)).toHaveLength(3);
});

test("what waits to be sent stands behind what another tab has asked", async () => {
  const { first, second, ours } = await openBoth();
  first.server.sockets.at(-1)?.drop();
  second.client.ask("Later?");
  first.client.ask("What?");
  ours.push(processing(ours.questions[0]?.client_message_id));
  expect(shown(second).map(([, content]) => content)).toEqual(["Before?", "What?", "", "Later?"]);
});

test("a question that waits in a chat that another tab deletes begins a new one", async () => {
  const { first, second, theirs } = await openBoth();
  theirs.drop();
  second.client.ask("Waiting?");
  await first.client.deleteChat("chat-1");
  expect(shown(second)).toEqual([["user", "Waiting?"]]);
  expect(second.reopen().questions).toMatchObject([{ message: "Waiting?", chat_id: null }]);
});

test("a tab with another chat goes on with its own", async () => {
  const { first, second, ours } = await openBoth();
  second.client.newChat();
  first.client.ask("What?");
  ours.push(processing("id-1"));
  expect(shown(second)).toEqual([]);
});

test("a chat that is deleted in one tab is left by the other", async () => {
  const { first, second } = await openBoth();
  await first.client.deleteChat("chat-1");
  expect(second.client.state).toMatchObject({ messages: [], currentChat: null });
});

test("what is no news is passed over", async () => {
  const { second } = await openBoth();
  const before = second.client.state;
  second.post(null, "x", { type: "turn" }, { type: "turn", turn: null }, { type: "future" });
  expect(second.client.state).toBe(before);
});

test("tabs that become visitors at the same time are one visitor", () => {
  const first = createClientBench();
  const second = first.openTab();
  first.client.connect();
  const ours = first.server.current;
  second.client.connect();
  const theirs = first.server.current;
  ours.push(greeting({ visitor_token: "visitor-1" }));
  theirs.push(greeting({ visitor_token: "visitor-2" }));
  expect(theirs.closedWith).toBe(1000);
  expect(first.tokens.visitor).toBe("visitor-1");
  expect(first.server.current.proofs).toEqual({ visitor: "visitor-1" });
  first.server.current.push(greeting());
  expect(second.told).toEqual(["connect"]);
});

test("disconnect leaves no channel open", () => {
  const bench = createClientBench();
  bench.open();
  expect(bench.channels).toBe(1);
  bench.client.disconnect();
  expect(bench.channels).toBe(0);
});
