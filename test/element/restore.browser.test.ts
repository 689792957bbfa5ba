import { describe, expect, test } from "vitest";
import { mountChat, stubFetch, stubWebSocket } from "./support/chat-page.ts";
import { restError, stored } from "./support/fake-rest.ts";
import { chunk, greeting, processing, restOf, start } from "./support/frames.ts";

const text = "A **tenant** is a client.\n";
const question = stored({ id: "question-1", content: "What is a tenant?" });
const answer = stored({
  id: "answer-1",
  role: "assistant",
  content: text,
  reply_to: "question-1",
  finish_reason: "stop",
});

describe("after a reload", () => {
  test("what was said is there at once, and an answer under way goes on", async () => {
    const server = stubWebSocket();
    const rest = stubFetch();
    const before = await mountChat({}, server, rest);
    await before.greet();
    (await before.ask()).push(start(), chunk(text.slice(0, 9), 0));
    before.chat.remove();
    rest.keep("chat-1", [question, { ...answer, content: "A **te", status: "streaming" }]);

    const after = await mountChat({}, server, rest);
    await after.shows(".answer");
    expect(after.textOf(".bubble")).toBe("What is a tenant?");
    expect(after.find(".prose").textContent).toMatch(/^A t/);
    const socket = await after.greet();
    expect(socket.resumes).toEqual([{ message_id: "answer-1" }]);
    socket.push(...restOf(text, undefined));
    await after.rendered();
    expect(after.find(".prose").innerHTML).toBe("<p>A <strong>tenant</strong> is a client.</p>");
    expect(after.findAll(".answer")).toHaveLength(1);
    expect(after.findAll(".badge")).toHaveLength(1);
  });

  test("old answers are neither unread nor read out", async () => {
    const server = stubWebSocket();
    const rest = stubFetch();
    rest.keep("chat-1", [question, answer]);
    const first = await mountChat({}, server, rest);
    first.chat.openChat("chat-1");
    await first.shows(".answer");
    first.chat.remove();
    const second = await mountChat({}, server, rest);
    await second.shows(".answer");
    expect(second.findAll(".badge")).toEqual([]);
    expect(second.find(".announcer").textContent).toBe("");
  });

  test("earlier messages that can't be loaded are said to be missing, and can be tried again", async () => {
    const { chat, rest, findAll, find, textOf, greet, shows } = await mountChat({ open: "" });
    await greet();
    rest.keep("chat-1", [question, answer]);
    rest.intercept = () => restError(503, "SERVICE_UNAVAILABLE");
    chat.openChat("chat-1");
    await shows(".history-failure");
    expect(textOf(".history-failure p")).toBe("Earlier messages could not be loaded.");
    expect(findAll(".welcome")).toEqual([]);
    rest.intercept = undefined;
    find(".history-failure button").click();
    await shows(".answer");
    expect(findAll(".history-failure")).toEqual([]);
  });
});

test("another element of the same chat shows a question that is asked in the first one", async () => {
  const server = stubWebSocket();
  const rest = stubFetch();
  rest.keep("chat-1", [question]);
  const [first, second] = [await mountChat({}, server, rest), await mountChat({}, server, rest)];
  for (const [index, { chat }] of [first, second].entries()) {
    server.sockets[index]?.push(greeting());
    chat.openChat("chat-1");
  }
  await Promise.all([first.shows(".bubble"), second.shows(".bubble")]);
  first.chat.ask("And a chat?");
  const turn = { question_id: "question-2", message_id: "answer-2" };
  server.sockets[0]?.push(processing(server.sockets[0].questions[0]?.client_message_id, turn));
  await second.shows(".bubble", 2);
  expect(server.sockets[1]?.resumes).toEqual([{ message_id: "answer-2" }]);
});
