import { describe, expect, test } from "vitest";
import { maxMessageLength } from "../../api/core/turns/start-turn.ts";
import { settle } from "../support/clock.ts";
import { makeTenant } from "../support/tenant.ts";
import { messageSchema, turnSchema } from "../../api/rest/wire.ts";
import { createPlatform, messagePage, prefix, readBody, readError } from "./platform.ts";
import { source } from "./scripted-answerer.ts";

const ask = (content: string, more: object = {}) => ({
  content,
  role: "user",
  message_type: "text",
  ...more,
});

/** A platform with one chat, and the path of its messages. */
async function openChat(options: Parameters<typeof createPlatform>[0] = {}) {
  const platform = createPlatform(options);
  const chat = await platform.makeChat();
  return { ...platform, chat, path: `${prefix}/chat/${chat.id}/messages` };
}

describe("a message over REST", () => {
  test("is answered with the stored question and its finished answer", async () => {
    const { call, path, chat } = await openChat({ pieces: ["Hello", ", you"] });
    const response = await call(path, {
      json: ask("Hello, I need help with pricing", { message_type: "greeting" }),
    });
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
    const { message, reply } = await readBody(response, turnSchema);
    const created_at = "2030-01-01T00:00:00.000Z";
    expect(message).toEqual({
      id: message.id,
      chat_id: chat.id,
      role: "user",
      content: "Hello, I need help with pricing",
      message_type: "greeting",
      status: "complete",
      created_at,
      client_message_id: null,
      reply_to: null,
      parent_id: null,
      chosen: true,
      variants: { index: 1, count: 1, previous_id: null, next_id: null },
      attempt: null,
      finish_reason: null,
      total_tokens: null,
      cost_estimate: null,
      sources: null,
      citations: null,
      model: null,
      degraded: null,
      feedback: null,
      error: null,
    });
    expect(reply).toEqual({
      id: reply.id,
      chat_id: chat.id,
      role: "assistant",
      content: "Hello, you",
      message_type: "text",
      status: "complete",
      created_at,
      client_message_id: null,
      reply_to: message.id,
      parent_id: message.id,
      chosen: true,
      variants: { index: 1, count: 1, previous_id: null, next_id: null },
      attempt: 1,
      finish_reason: "stop",
      total_tokens: 7,
      cost_estimate: 0.25,
      sources: [source],
      citations: [],
      model: "scripted",
      degraded: [],
      feedback: null,
      error: null,
    });
    const history = await readBody(await call(`${path}/`), messagePage);
    expect(history).toEqual({ items: [message, reply], next: null });
  });

  test("needs no more than its content", async () => {
    const { call, path } = await openChat({ pieces: ["yes"] });
    const { message } = await readBody(
      await call(path, { json: { content: "well?" } }),
      turnSchema,
    );
    expect(message).toMatchObject({ role: "user", message_type: "text" });
  });

  test("whose turn fails is a 200 that says so, since the question is stored", async () => {
    const { call, path, answerer } = await openChat();
    const pending = call(path, { json: ask("?") });
    const script = await answerer.nextTurn();
    script.push("half an ans");
    script.fail(new Error("the model's secret address"));
    const response = await pending;
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text).not.toContain("secret");
    expect(JSON.parse(text).reply).toMatchObject({
      status: "error",
      content: "half an ans",
      finish_reason: null,
      sources: null,
      error: { code: "PROCESSING_ERROR", message: "Failed to process message" },
    });
  });

  test("is taken at once with Prefer: respond-async, and its events are where Location says", async () => {
    const { call, path, chat, answerer } = await openChat();
    const headers = { Prefer: "wait=5, respond-async" };
    const response = await call(path, { json: ask("?"), headers });
    expect([response.status, response.headers.get("preference-applied")]).toEqual([
      202,
      "respond-async",
    ]);
    const { message, reply } = await readBody(response, turnSchema);
    expect(message).toMatchObject({ content: "?", status: "complete" });
    expect(reply).toMatchObject({
      status: "queued",
      content: "",
      reply_to: message.id,
      total_tokens: null,
    });
    expect(response.headers.get("location")).toBe(
      `${prefix}/chat/${chat.id}/events?last_event_id=${reply.id}`,
    );
    (await answerer.nextTurn()).finish();
  });

  test("goes on to its end when its caller leaves", async () => {
    const { call, path, answerer, log } = await openChat();
    const leaving = new AbortController();
    const pending = call(path, { json: ask("?"), signal: leaving.signal });
    const script = await answerer.nextTurn();
    leaving.abort();
    await pending;
    expect(log.size).toBe(1);
    script.push("for nobody");
    script.finish();
    await settle();
    expect(log.size).toBe(0);
    const { items } = await readBody(await call(path), messagePage);
    expect(items[1]).toMatchObject({ content: "for nobody", status: "complete" });
  });

  test("sent twice under one client_message_id is asked once", async () => {
    const { call, path } = await openChat({ pieces: ["once"] });
    const headers = { "X-Client-ID": "client-123" };
    const sent = { json: ask("?", { client_message_id: "m-1" }), headers };
    const first = await readBody(await call(path, sent), turnSchema);
    const second = await readBody(await call(path, sent), turnSchema);
    expect(second).toEqual(first);
    expect(first.message.client_message_id).toBe("m-1");
    expect((await readBody(await call(path), messagePage)).items).toHaveLength(2);
  });

  test("of another chat is never shown for a client_message_id that two clients share", async () => {
    const { call, path, makeChat } = await openChat({ pieces: ["a secret"] });
    const headers = { "X-Client-ID": "client-123" };
    const other = await makeChat();
    const [short, long] = ["1", "a-random-id-of-more-than-16"].map((client_message_id) => ({
      json: ask("?", { client_message_id }),
      headers,
    }));
    await call(path, short);
    const own = await readBody(
      await call(`${prefix}/chat/${other.id}/messages`, short),
      turnSchema,
    );
    expect(own.reply.chat_id).toBe(other.id);
    await call(path, long);
    const refused = await call(`${prefix}/chat/${other.id}/messages`, long);
    expect(await readError(refused)).toMatchObject({ status: 409, code: "IDEMPOTENCY_CONFLICT" });
  });

  test("is stopped by cancel, with the text so far; a second cancel changes nothing", async () => {
    const { call, path, answerer } = await openChat();
    const pending = call(path, { json: ask("?") });
    const script = await answerer.nextTurn();
    script.push("so far");
    await settle();
    const [question, answer] = (await readBody(await call(path), messagePage)).items;
    const cancel = `${path}/${answer?.id}/cancel`;
    expect((await call(cancel, { method: "POST" })).status).toBe(202);
    const { reply } = await readBody(await pending, turnSchema);
    expect(reply).toMatchObject({
      status: "complete",
      finish_reason: "cancelled",
      content: "so far",
    });
    const again = await call(cancel, { method: "POST" });
    expect([again.status, await readBody(again, messageSchema)]).toEqual([200, reply]);
    const onQuestion = await call(`${path}/${question?.id}/cancel`, { method: "POST" });
    expect(await readError(onQuestion)).toMatchObject({ status: 404, code: "MESSAGE_NOT_FOUND" });
  });

  test("can't be cancelled through another chat", async () => {
    const { call, path, answerer, makeChat } = await openChat();
    const headers = { Prefer: "respond-async" };
    const { reply } = await readBody(await call(path, { json: ask("?"), headers }), turnSchema);
    const other = await makeChat();
    const wrong = await call(`${prefix}/chat/${other.id}/messages/${reply.id}/cancel`, {
      method: "POST",
    });
    expect(await readError(wrong)).toMatchObject({ status: 404, code: "MESSAGE_NOT_FOUND" });
    (await answerer.nextTurn()).finish();
  });

  test("waits behind the questions before it, but not behind more than the chat may hold", async () => {
    const { call, path } = await openChat();
    const headers = { Prefer: "respond-async" };
    for (let count = 0; count < 4; count += 1)
      expect((await call(path, { json: ask("?"), headers })).status).toBe(202);
    const refused = await call(path, { json: ask("?"), headers });
    expect(await readError(refused)).toMatchObject({ status: 409, code: "CHAT_BUSY" });
  });

  test("beyond the day's or the minute's messages is refused with the seconds to wait", async () => {
    for (const [limit, code] of [
      ["messages_per_day", "QUOTA_EXCEEDED"],
      ["messages_per_minute", "RATE_LIMIT_EXCEEDED"],
    ] as const) {
      const { call, path } = await openChat({
        pieces: ["."],
        tenants: [makeTenant("demo", { limits: { [limit]: 1 } })],
      });
      expect((await call(path, { json: ask("?") })).status).toBe(200);
      const refused = await call(path, { json: ask("?") });
      const error = await readError(refused);
      expect(error).toMatchObject({ status: 429, code });
      expect(Number(refused.headers.get("retry-after"))).toBe(error.retry_after);
      expect(error.retry_after).toBeGreaterThan(0);
    }
  });

  test("of a tenant without the chat feature is refused", async () => {
    const { call, path, tenants } = await openChat();
    tenants.set(makeTenant("demo", { features: { chat: false } }));
    for (const [at, json] of [
      [path, ask("?")],
      [`${prefix}/chat`, {}],
    ] as const) {
      const refusal = { status: 403, code: "FEATURE_DISABLED" };
      expect(await readError(await call(at, { json }))).toMatchObject(refusal);
    }
  });

  test("that waits when the server goes down is told to come back", async () => {
    const { call, path, answerer, stopping, runner, clock } = await openChat();
    const pending = call(path, { json: ask("?") });
    await answerer.nextTurn();
    const closed = runner.close(0);
    clock.advance(0);
    await closed;
    stopping.abort();
    const error = await readError(await pending);
    expect(error).toMatchObject({ status: 503, code: "SERVICE_UNAVAILABLE" });
    expect(error.retry_after).toBeGreaterThan(0);
  });

  test("may be as long as the core allows", async () => {
    const { call, path } = await openChat({ pieces: ["long"] });
    const content = "ä".repeat(maxMessageLength);
    const { message } = await readBody(await call(path, { json: ask(content) }), turnSchema);
    expect(message.content).toBe(content);
  });

  test("history comes in pages, oldest first", async () => {
    const { call, path } = await openChat({ pieces: ["a"] });
    for (const content of ["1", "2", "3"]) await call(path, { json: ask(content) });
    const first = await readBody(await call(`${path}?limit=4`), messagePage);
    const after = encodeURIComponent(first.next ?? "");
    const second = await readBody(await call(`${path}?limit=4&after=${after}`), messagePage);
    const contents = [...first.items, ...second.items].map((message) => message.content);
    expect(contents).toEqual(["1", "a", "2", "a", "3", "a"]);
    expect(second.next).toBeNull();
  });
});
