import { describe, expect, test } from "vitest";
import { makeTenant } from "../support/tenant.ts";
import {
  createChat,
  openPlatform,
  sendMessage,
  until,
  type Created,
  type GraphqlPlatform,
  type Sent,
} from "./client.ts";

const guarded = { tenants: [makeTenant("demo", { chat_access: "visitor" })] };

describe("createChat", () => {
  test("makes a visitor of whoever has no token, and proves it", async () => {
    const { ask, run, clock } = openPlatform(guarded);
    const { createChat: made } = await ask<Created>(createChat);
    expect(made.chat).toMatchObject({ title: "New chat", userId: null, context: {} });
    const query = "query ($id: ID!) { chat(id: $id) { id } }";
    const variables = { id: made.chat.id };
    const stranger = await run(query, variables);
    expect(stranger.errors).toMatchObject([{ extensions: { code: "CHAT_NOT_FOUND" } }]);
    const token = { "X-Visitor-Token": made.visitorToken ?? "" };
    expect(await ask(query, variables, token)).toEqual({ chat: { id: made.chat.id } });
    clock.advance(1000);
    const next = await ask<Created>(createChat, { input: { title: "Mine too" } }, token);
    expect(next.createChat).toMatchObject({ chat: { title: "Mine too" }, visitorToken: null });
    expect(await ask("{ chats { edges { node { title } } } }", {}, token)).toEqual({
      chats: { edges: [{ node: { title: "Mine too" } }, { node: { title: "New chat" } }] },
    });
  });

  test("twice in one operation makes one visitor", async () => {
    const { ask } = openPlatform();
    const made = await ask<{ a: Created["createChat"]; b: Created["createChat"] }>(
      "mutation { a: createChat { visitorToken } b: createChat { visitorToken } }",
    );
    expect(made.a.visitorToken).toBe(made.b.visitorToken);
  });

  test.each([
    ["an empty title", { title: " " }, /^input\.title: /],
    ["a long title", { title: "x".repeat(201) }, /^input\.title: /],
    ["a long label", { userId: "x".repeat(129) }, /^input\.userId: /],
    ["a list as context", { context: [] }, /^input\.context: /],
    ["a large context", { context: { x: "x".repeat(8192) } }, /^input\.context: .*8192/],
    ["NUL in the title", { title: "a\0b" }, /^input\.title: .*NUL/],
    ["half a character in a label", { visitorId: "\ud800" }, /^input\.visitorId: .*surrogate/],
    ["a name that changes objects", JSON.parse('{"context":{"__proto__":1}}'), /__proto__/],
    ["NUL in the context", { context: { x: "\0" } }, /^input\.context: .*NUL/],
  ])("refuses %s, and says where it is", async (_name, input, message) => {
    const { run } = openPlatform();
    const { status, data, errors } = await run(createChat, { input });
    expect([status, data]).toEqual([200, { createChat: null }]);
    expect(errors).toMatchObject([
      { message: expect.stringMatching(message), extensions: { code: "INVALID_REQUEST" } },
    ]);
  });
});

describe("renameChat and deleteChat", () => {
  const rename = `mutation ($input: RenameChatInput!) { renameChat(input: $input) { chat { title } } }`;
  const remove = `mutation ($input: DeleteChatInput!) { deleteChat(input: $input) { deletedChatId } }`;

  test("change and delete a chat, once", async () => {
    const { ask, refusal } = openPlatform();
    const chatId = (await ask<Created>(createChat)).createChat.chat.id;
    expect(await ask(rename, { input: { chatId, title: " New " } })).toEqual({
      renameChat: { chat: { title: " New " } },
    });
    expect(await refusal(rename, { input: { chatId, title: "" } })).toEqual(["INVALID_REQUEST"]);
    expect(await ask(remove, { input: { chatId } })).toEqual({
      deleteChat: { deletedChatId: chatId },
    });
    expect(await refusal(remove, { input: { chatId } })).toEqual(["CHAT_NOT_FOUND"]);
    expect(await refusal(rename, { input: { chatId, title: "x" } })).toEqual(["CHAT_NOT_FOUND"]);
  });
});

describe("sendMessage", () => {
  test("answers at once, with the question, the answer to come, and their chat", async () => {
    const { ask, answerer } = openPlatform();
    const input = { content: "What does it cost?", messageType: "question" };
    const { sendMessage: sent } = await ask<Sent>(sendMessage, { input });
    expect(sent).toMatchObject({
      chat: { title: "What does it cost?" },
      question: { role: "USER", content: input.content, messageType: "question", attempt: null },
      answer: { role: "ASSISTANT", content: "", attempt: 1, replyTo: { content: input.content } },
      visitorToken: expect.any(String),
    });
    expect((await answerer.nextTurn()).request.question).toBe(input.content);
    const again = { input: { chatId: sent.chat.id, content: "And then?" } };
    const next = await ask<Sent>(sendMessage, again);
    expect(next.sendMessage).toMatchObject({ chat: { id: sent.chat.id }, visitorToken: null });
  });

  test("with the same clientMessageId finds the same turn, and asks once", async () => {
    const { ask, refusal, answerer } = openPlatform();
    const input = { content: "Once?", clientMessageId: "0123456789abcdef" };
    const first = await ask<Sent>(sendMessage, { input });
    await answerer.nextTurn();
    const second = await ask<Sent>(sendMessage, { input });
    expect(second.sendMessage.answer.id).toBe(first.sendMessage.answer.id);
    expect(second.sendMessage.visitorToken).toBeNull();
    const other = { ...input, content: "Something else?" };
    expect(await refusal(sendMessage, { input: other })).toEqual(["IDEMPOTENCY_CONFLICT"]);
    const short = { input: { content: "x", clientMessageId: "short" } };
    expect(await refusal(sendMessage, short)).toEqual(["INVALID_REQUEST"]);
  });

  test("makes a chat that its visitor can open, where only the visitor can", async () => {
    const { ask, refusal } = openPlatform(guarded);
    const { sendMessage: sent } = await ask<Sent>(sendMessage, { input: { content: "Mine" } });
    const query = "query ($id: ID!) { message(id: $id) { id } }";
    expect(await refusal(query, { id: sent.answer.id })).toEqual(["MESSAGE_NOT_FOUND"]);
    const token = { "X-Visitor-Token": sent.visitorToken ?? "" };
    expect(await refusal(query, { id: sent.answer.id }, token)).toEqual([]);
    const into = { input: { chatId: sent.chat.id, content: "Not mine" } };
    expect(await refusal(sendMessage, into)).toEqual(["CHAT_NOT_FOUND"]);
  });

  test.each([
    ["nothing", { content: "" }, "INVALID_REQUEST"],
    ["white space", { content: " \n" }, "INVALID_REQUEST"],
    ["too much", { content: "x".repeat(16_001) }, "INVALID_REQUEST"],
    ["a long type", { content: "x", messageType: "x".repeat(65) }, "INVALID_REQUEST"],
    ["into no chat", { content: "x", chatId: "chat_nobody" }, "CHAT_NOT_FOUND"],
  ])("refuses to ask %s", async (_name, input, code) => {
    const { refusal } = openPlatform();
    expect(await refusal(sendMessage, { input })).toEqual([code]);
  });

  test("is refused with a code when too many wait, the day is over or chat is switched off", async () => {
    const off = makeTenant("off", { features: { chat: false } });
    const short = makeTenant("short", { limits: { messages_per_day: 1 } });
    const quick = makeTenant("quick", { limits: { messages_per_minute: 1 } });
    const { ask, run, refusal } = openPlatform({
      tenants: [makeTenant("demo"), off, short, quick],
    });
    const input = { content: "?" };
    expect(await refusal(sendMessage, { input }, { "X-Tenant-ID": "off" })).toEqual([
      "FEATURE_DISABLED",
    ]);
    await ask<Sent>(sendMessage, { input }, { "X-Tenant-ID": "short" });
    expect(await refusal(sendMessage, { input }, { "X-Tenant-ID": "short" })).toEqual([
      "QUOTA_EXCEEDED",
    ]);
    await ask<Sent>(sendMessage, { input }, { "X-Tenant-ID": "quick" });
    const limited = await run(sendMessage, { input }, { "X-Tenant-ID": "quick" });
    expect(limited.errors).toMatchObject([
      { extensions: { code: "RATE_LIMIT_EXCEEDED", retryAfter: 60 } },
    ]);
    const { sendMessage: sent } = await ask<Sent>(sendMessage, { input });
    const more = { input: { ...input, chatId: sent.chat.id } };
    for (let count = 1; count < 4; count += 1) await ask<Sent>(sendMessage, more);
    expect(await refusal(sendMessage, more)).toEqual(["CHAT_BUSY"]);
  });
});

describe("cancelTurn and giveFeedback", () => {
  const cancel = `mutation ($input: CancelTurnInput!) {
    cancelTurn(input: $input) { message { id status } } }`;
  const feedback = `mutation ($input: GiveFeedbackInput!) {
    giveFeedback(input: $input) { message { feedback { rating comment } } } }`;
  const read = `query ($id: ID!) { message(id: $id) { status finishReason content } }`;

  async function openTurn(platform: GraphqlPlatform) {
    const { sendMessage: sent } = await platform.ask<Sent>(sendMessage, {
      input: { content: "?" },
    });
    return { ...sent, script: await platform.answerer.nextTurn() };
  }

  test("a cancelled turn ends with the text so far, and stays as it is after that", async () => {
    const platform = openPlatform();
    const { answer, script } = await openTurn(platform);
    script.push("As far as ");
    const input = { messageId: answer.id };
    await until(() => platform.clock.timers === 0);
    const cancelled = await platform.ask<object>(cancel, { input });
    expect(cancelled).toMatchObject({ cancelTurn: { message: { id: answer.id } } });
    await until(() => platform.log.size === 0);
    const ended = { status: "COMPLETE", finishReason: "CANCELLED", content: "As far as " };
    expect(await platform.ask(read, { id: answer.id })).toEqual({ message: ended });
    expect(await platform.ask(cancel, { input })).toEqual({
      cancelTurn: { message: { id: answer.id, status: "COMPLETE" } },
    });
    const nobody = { input: { messageId: "msg_nobody" } };
    expect(await platform.refusal(cancel, nobody)).toEqual(["MESSAGE_NOT_FOUND"]);
  });

  test("feedback is kept, changed and taken back, of an answer that has ended", async () => {
    const platform = openPlatform();
    const { answer, question, script } = await openTurn(platform);
    const give = (input: object) => platform.refusal(feedback, { input });
    const rating = { messageId: answer.id, rating: "UP" };
    expect(await give(rating)).toEqual(["INVALID_REQUEST"]);
    script.finish();
    await until(() => platform.log.size === 0);
    const say = (input: object) =>
      platform.ask(feedback, { input: { messageId: answer.id, ...input } });
    const kept = (value: object | null) => ({ giveFeedback: { message: { feedback: value } } });
    expect(await say({ rating: "UP" })).toEqual(kept({ rating: "UP", comment: null }));
    const down = { rating: "DOWN", comment: "No." };
    expect(await say(down)).toEqual(kept(down));
    expect(await say({ rating: null })).toEqual(kept(null));
    expect(await give({ ...rating, comment: "x".repeat(1001) })).toEqual(["INVALID_REQUEST"]);
    expect(await give({ ...rating, messageId: question.id })).toEqual(["INVALID_REQUEST"]);
    expect(await give({ ...rating, messageId: "msg_nobody" })).toEqual(["MESSAGE_NOT_FOUND"]);
    expect(await give({ ...rating, rating: "SIDEWAYS" })).toEqual(["INVALID_REQUEST"]);
  });
});
