import { describe, expect, test } from "vitest";
import { settle } from "../support/clock.ts";
import { createClientBench, type ClientBench } from "./support/client-bench.ts";
import { restError, stored } from "./support/fake-rest.ts";
import { chunk, complete, processing, restOf, source, start, turnOf } from "./support/frames.ts";

const text = "A tenant is a client organisation.";
const question = stored({ id: "question-1", client_message_id: "id-1" });
const answer = stored({
  id: "answer-1",
  role: "assistant",
  content: "A ten",
  status: "streaming",
  reply_to: "question-1",
});
const whole = { ...answer, content: text, status: "complete", finish_reason: "stop" } as const;

const shown = ({ client }: ClientBench) =>
  client.state.messages.map(({ role, content, status }) => [role, content, status]);
const asked = [
  ["user", "What?", "sent"],
  ["assistant", text, "sent"],
];

/** A page whose chat-1 is open, with these messages. */
async function openKnown(messages = [question, answer]): Promise<ClientBench> {
  const bench = createClientBench();
  bench.tab.chatId = "chat-1";
  bench.rest.keep("chat-1", messages);
  bench.open();
  await settle();
  return bench;
}

const pieces = turnOf(text, 5);
test.each(pieces.map((_, index) => index))(
  "a reload after frame %i of an answer goes on to the same end",
  async (index) => {
    const bench = createClientBench();
    bench.open();
    bench.client.ask("What?");
    bench.server.current.push(processing("id-1"), ...pieces.slice(0, index));
    bench.rest.keep("chat-1", [question, answer]);

    const page = bench.reload();
    const socket = page.open();
    await settle();
    expect(page.client.state).toMatchObject({
      streaming: { isStreaming: true, currentMessageId: "answer-1" },
      history: { status: "ready" },
    });
    expect(socket.resumes).toEqual([{ message_id: "answer-1" }]);
    socket.push(...restOf(text, undefined));
    expect(shown(page)).toEqual(asked);
    expect(socket.questions).toEqual([]);
    expect(page.told).toEqual(["connect", "message:assistant"]);
  },
);

test("the stored text of an older attempt gives way to the one that runs", async () => {
  const bench = await openKnown([question, { ...answer, content: "Of the first", attempt: 2 }]);
  expect(bench.client.state.messages.at(-1)?.content).toBe("Of the first");
  bench.server.current.push(start(2), chunk("The second", 0, 2), complete({ attempt: 2 }));
  expect(bench.client.state.messages.at(-1)?.content).toBe("The second");
});

test("an answer that ended while the page was away is there at once, with all that belongs to it", async () => {
  const sources = [source(1)];
  const feedback = { rating: "down", comment: "Too short" } as const;
  const facts = { sources, total_tokens: 12, model: "m", degraded: ["model_unavailable"] };
  const bench = await openKnown([question, { ...whole, ...facts, feedback }]);
  expect(shown(bench)).toEqual(asked);
  expect(bench.client.state.messages[1]?.metadata).toEqual({
    ...facts,
    feedback,
    reply_to: "question-1",
    finish_reason: "stop",
    streaming: false,
    attempt: 1,
  });
  expect(bench.server.current.received).toEqual([]);
  expect(bench.told).toEqual(["connect"]);
});

test("an answer that failed can be asked again after a reload", async () => {
  const error = { code: "PROCESSING_ERROR", message: "It failed" };
  const bench = await openKnown([question, { ...answer, status: "error", error }]);
  expect(bench.client.state.messages[1]).toMatchObject({ status: "error", metadata: { error } });
  bench.client.retry("answer-1");
  expect(bench.server.current.questions).toMatchObject([{ message: "What?", chat_id: "chat-1" }]);
});

describe("a question that was not acknowledged before a reload", () => {
  test("is shown and sent again under the same id", () => {
    const bench = createClientBench();
    bench.open();
    bench.client.ask("What?");
    const page = bench.reload();
    const socket = page.open();
    expect(shown(page)).toEqual([["user", "What?", "sending"]]);
    const sent = { message: "What?", chat_id: null, stream: true, client_message_id: "id-1" };
    expect(socket.questions).toEqual([sent]);
    socket.push(processing("id-1"), ...turnOf(text, 9));
    expect(shown(page)).toEqual(asked);
    expect(shown(page.reload())).toEqual([]);
    expect(page.tab.pending).toEqual([]);
  });

  test("is not sent again when the server has it", async () => {
    const bench = await openKnown([]);
    bench.client.ask("What?");
    bench.rest.keep("chat-1", [question, answer]);
    const page = bench.reload();
    const socket = page.open();
    await settle();
    expect(socket.questions).toEqual([]);
    expect(socket.resumes).toEqual([{ message_id: "answer-1" }]);
    expect(page.tab.pending).toEqual([]);
  });

  test("can't be taken back any more: it is stopped once it is taken", () => {
    const bench = createClientBench();
    bench.open();
    bench.client.ask("What?");
    const page = bench.reload();
    page.client.connect();
    expect(page.client.stop()).toBeUndefined();
    const socket = page.open();
    socket.push(processing("id-1"));
    expect(socket.cancels).toEqual([{ message_id: "answer-1" }]);
  });

  test("of another chat than the one that is open is forgotten", async () => {
    const bench = await openKnown([question, whole]);
    bench.tab.pending = [
      { clientMessageId: "old", text: "Old?", chatId: "chat-9", at: 0, sent: true },
    ];
    const page = bench.reload();
    page.open();
    await settle();
    expect(shown(page)).toEqual(asked);
    expect(page.tab.pending).toEqual([]);
  });
});

test("a question that is asked while the history is on its way comes behind it, and goes out then", async () => {
  const bench = createClientBench();
  bench.tab.chatId = "chat-1";
  bench.rest.keep("chat-1", [{ ...question, client_message_id: "earlier" }, whole]);
  const socket = bench.open();
  expect(bench.client.state.history.status).toBe("loading");
  bench.client.ask("And then?");
  expect(socket.questions).toEqual([]);
  await settle();
  expect(shown(bench)).toEqual([...asked, ["user", "And then?", "sending"]]);
  expect(socket.questions).toMatchObject([{ message: "And then?", chat_id: "chat-1" }]);
});

test("a history that comes late takes nothing from an answer under way", async () => {
  const bench = createClientBench();
  bench.tab.chatId = "chat-1";
  bench.rest.intercept = () => restError(503, "SERVICE_UNAVAILABLE");
  const socket = bench.open();
  await settle();
  bench.client.ask("What?");
  socket.push(processing("id-1"), start(), chunk("A tenant is", 0));
  bench.rest.intercept = undefined;
  bench.rest.keep("chat-1", [stored({ id: "question-0" }), question, answer]);
  bench.client.reloadHistory();
  await settle();
  expect(bench.client.state.messages.map(({ id }) => id)).toEqual([
    "question-0",
    "question-1",
    "answer-1",
  ]);
  expect(bench.client.state.messages[2]).toMatchObject({
    content: "A tenant is",
    metadata: { cursor: "1-11" },
  });
  expect(socket.resumes).toEqual([]);
});

test("a long history comes whole and in order", async () => {
  const many = Array.from({ length: 7 }, (_, index) => stored({ id: `q-${index}` }));
  const bench = createClientBench();
  bench.tab.chatId = "chat-1";
  bench.rest.pageSize = 3;
  bench.rest.keep("chat-1", many);
  bench.open();
  await settle();
  expect(bench.client.state.messages.map(({ id }) => id)).toEqual(many.map(({ id }) => id));
  expect(bench.rest.calls.map(({ query }) => query["after"])).toEqual([undefined, "3", "6"]);
});

describe("a chat that is gone", () => {
  test("starts anew quietly", async () => {
    const bench = createClientBench();
    bench.tab.chatId = "chat-9";
    bench.open();
    await settle();
    expect(bench.client.state).toMatchObject({ messages: [], currentChat: null });
    expect(bench.told).toEqual(["connect"]);
    expect(bench.tab.chatId).toBe("");
  });

  test("lets a question that waits begin a new one", async () => {
    const bench = createClientBench();
    bench.tab.chatId = "chat-9";
    const socket = bench.open();
    bench.client.ask("What?");
    await settle();
    expect(socket.questions).toMatchObject([{ message: "What?", chat_id: null }]);
  });
});

test("requests name the tenant, and show the page's key, its user and the visitor", async () => {
  const headersWith = async (shown: { token?: string; apiKey?: string }, visitor?: string) => {
    const bench = createClientBench(shown);
    bench.tokens.visitor = visitor;
    void bench.client.loadChats();
    await settle();
    return Object.fromEntries(bench.rest.calls[0]?.headers ?? []);
  };
  const [tenant, visitor] = [{ "x-tenant-id": "acme" }, { "x-visitor-token": "visitor-1" }];
  const key = { "x-api-key": "pk_1" };
  const user = { authorization: "Bearer token-1" };
  expect(await headersWith({}, "visitor-1")).toEqual({ ...tenant, ...visitor });
  expect(await headersWith({ apiKey: "pk_1" }, "visitor-1")).toEqual({
    ...tenant,
    ...key,
    ...visitor,
  });
  expect(await headersWith({ token: "token-1", apiKey: "pk_1" })).toEqual({
    ...tenant,
    ...key,
    ...user,
  });
  // Until the visitor's chats are the user's.
  expect(await headersWith({ token: "token-1" }, "visitor-1")).toEqual({
    ...tenant,
    ...user,
    ...visitor,
  });
});

test("nothing is asked of the server before it is connected", async () => {
  const bench = createClientBench();
  bench.tab.chatId = "chat-1";
  expect(bench.client.state.messages).toEqual([]);
  await settle();
  expect(bench.rest.calls).toEqual([]);
});

test("disconnect breaks a history off, and connect goes on", async () => {
  const bench = createClientBench();
  bench.tab.chatId = "chat-1";
  bench.rest.keep("chat-1", [question, whole]);
  bench.open();
  bench.client.disconnect();
  await settle();
  expect(shown(bench)).toEqual([]);
  bench.open();
  await settle();
  expect(shown(bench)).toEqual(asked);
});
