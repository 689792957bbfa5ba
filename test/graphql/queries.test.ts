import { describe, expect, test } from "vitest";
import { makeTenant } from "../support/tenant.ts";
import { createChat, openPlatform, sendMessage, type Created, type Sent } from "./client.ts";

describe("tenant", () => {
  const query = `{ tenant { id name plan features { chat rag analytics } branding
    limits { messagesPerDay messagesPerMinute concurrentConnections requestsPerMinute } } }`;

  test("is the one that the header names, else the default one", async () => {
    const branded = makeTenant("shop", {
      plan: "pro",
      features: { rag: false },
      branding: { primary_color: "#123456" },
      limits: { messages_per_day: 1e12, requests_per_minute: 5 },
    });
    const { ask } = openPlatform({ tenants: [makeTenant("demo"), branded] });
    expect(await ask("{ tenant { id name } }")).toEqual({
      tenant: { id: "demo", name: "Tenant demo" },
    });
    expect(await ask(query, {}, { "X-Tenant-ID": "shop" })).toEqual({
      tenant: {
        id: "shop",
        name: "Tenant shop",
        plan: "pro",
        features: { chat: true, rag: false, analytics: true },
        branding: { primary_color: "#123456" },
        limits: {
          messagesPerDay: 1e12,
          messagesPerMinute: 60,
          concurrentConnections: 100,
          requestsPerMinute: 5,
        },
      },
    });
  });
});

describe("chat", () => {
  test("is given with every field that it was made with", async () => {
    const { ask } = openPlatform();
    const input = {
      title: "A chat",
      userId: "user-7",
      visitorId: "label",
      context: { page: "/pricing", tags: [1, null, { deep: true }] },
    };
    const made = await ask<Created>(createChat, { input });
    const { id } = made.createChat.chat;
    const query = "query ($id: ID!) { chat(id: $id) { id title userId visitorId context } }";
    expect(await ask(query, { id })).toEqual({ chat: { id, ...input } });
  });

  test("that isn't there is refused with a code, and the rest of the query is answered", async () => {
    const { run } = openPlatform();
    for (const id of ["chat_00000000000000000000000000", "", "' or 1=1", "x".repeat(200)]) {
      const { status, data, errors } = await run(
        "query ($id: ID!) { chat(id: $id) { id } tenant { id } }",
        { id },
      );
      expect([status, data]).toEqual([200, { chat: null, tenant: { id: "demo" } }]);
      expect(errors).toMatchObject([{ path: ["chat"], extensions: { code: "CHAT_NOT_FOUND" } }]);
    }
  });
});

describe("message", () => {
  const fields = `id role content messageType status clientMessageId chatId attempt finishReason
    totalTokens costEstimate usageEstimated model degraded createdAt
    sources { number documentId title url heading excerpt start end score }
    feedback { rating comment } error { code message } replyTo { id } chat { id title }`;

  test("tells all that is known of a question and of its answer", async () => {
    const { ask, log } = openPlatform({ pieces: ["It is ", "free. [1]"] });
    const input = { content: "What does it cost?", clientMessageId: "a".repeat(16) };
    const { sendMessage: sent } = await ask<Sent>(sendMessage, { input });
    await expect.poll(() => log.size).toBe(0);
    const read = (id: string) =>
      ask<{ message: object }>(`query ($id: ID!) { message(id: $id) { ${fields} } }`, { id });
    const { chat } = sent;
    const nothing = { totalTokens: null, costEstimate: null, usageEstimated: null, model: null };
    expect((await read(sent.question.id)).message).toEqual({
      id: sent.question.id,
      role: "USER",
      content: input.content,
      messageType: "text",
      status: "COMPLETE",
      clientMessageId: input.clientMessageId,
      chatId: chat.id,
      attempt: null,
      finishReason: null,
      ...nothing,
      degraded: [],
      sources: [],
      feedback: null,
      error: null,
      replyTo: null,
      chat,
      createdAt: expect.stringMatching(/^2030-01-01T00:00:00.000Z$/),
    });
    expect((await read(sent.answer.id)).message).toMatchObject({
      role: "ASSISTANT",
      content: "It is free. [1]",
      status: "COMPLETE",
      attempt: 1,
      finishReason: "STOP",
      totalTokens: 7,
      costEstimate: 0.25,
      usageEstimated: false,
      model: "scripted",
      degraded: [],
      sources: [{ number: 1, documentId: "doc_1", title: "Pricing", url: null, score: 0.9 }],
      error: null,
      replyTo: { id: sent.question.id },
      chat,
    });
  });

  test("of a turn that failed says why, in words that are safe", async () => {
    const { ask, answerer, log } = openPlatform();
    const { sendMessage: sent } = await ask<Sent>(sendMessage, { input: { content: "?" } });
    const script = await answerer.nextTurn();
    script.push("half an ");
    script.fail(new Error("password=secret"));
    await expect.poll(() => log.size).toBe(0);
    const query = "query ($id: ID!) { message(id: $id) { status content error { code message } } }";
    expect(await ask(query, { id: sent.answer.id })).toEqual({
      message: {
        status: "ERROR",
        content: "half an ",
        error: { code: "PROCESSING_ERROR", message: "Failed to process message" },
      },
    });
  });
});

describe("node", () => {
  test("finds by the ids of every door: chats, messages, and documents for an admin", async () => {
    const { ask, documents, tenants } = openPlatform();
    const { sendMessage: sent } = await ask<Sent>(sendMessage, { input: { content: "Hello" } });
    const demo = await tenants.findTenant("demo");
    if (!demo) throw new Error("No tenant");
    const text = { title: "A", url: null, mediaType: "text/markdown", text: "# A" };
    const put = await documents.putDocument(demo, { source: "a.md", ...text }, "hash", []);
    const ids = [sent.chat.id, put.document.id, sent.answer.id, "nonsense", "chat_no", "psg_1"];
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) {
      __typename id ... on Chat { title } ... on Message { role } ... on Document { source } } }`;
    const found = [
      { __typename: "Chat", id: sent.chat.id, title: "Hello" },
      null,
      { __typename: "Message", id: sent.answer.id, role: "ASSISTANT" },
      null,
      null,
      null,
    ];
    expect(await ask(query, { ids })).toEqual({ nodes: found });
    const admin = { "X-Admin-Token": "the-admin-token-of-tests" };
    const document = { __typename: "Document", id: put.document.id, source: "a.md" };
    const all = found.map((node, index) => (index === 1 ? document : node));
    expect(await ask(query, { ids }, admin)).toEqual({ nodes: all });
    const one = "query ($id: ID!) { node(id: $id) { __typename id } }";
    expect(await ask(one, { id: sent.chat.id })).toEqual({
      node: { __typename: "Chat", id: sent.chat.id },
    });
  });

  test("looks up at most a page at once", async () => {
    const { refusal } = openPlatform();
    const ids = Array.from({ length: 101 }, () => "chat_no");
    expect(await refusal("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids })).toEqual([
      "INVALID_REQUEST",
    ]);
  });
});
