import { afterEach, describe, expect, test, vi } from "vitest";
import type { WidgetConfig } from "../../element/client/config.ts";
import type { ChatMessage } from "../../element/client/message.ts";
import { mountChat, stubFetch, stubWebSocket } from "./support/chat-page.ts";
import { chunk, complete, greeting, start } from "./support/frames.ts";

afterEach(() => window.MIPTechChatWidget.destroy());

type Plain = Exclude<keyof WidgetConfig, `on${string}` | "tokenProvider">;

/** Each plain field: its attribute, a value, and what it is when it is left out. */
const fields: Readonly<
  Record<Plain, readonly [attribute: string, value: unknown, normal: unknown]>
> = {
  apiUrl: ["api-url", "https://api.other", location.origin],
  tenantId: ["tenant-id", "acme", ""],
  userId: ["user-id", "user-7", undefined],
  token: ["token", "token-7", undefined],
  apiKey: ["api-key", "pk_7", undefined],
  theme: ["theme", "dark", "auto"],
  autoConnect: ["no-auto-connect", false, true],
  maxReconnectAttempts: ["max-reconnect-attempts", 9, 5],
  reconnectInterval: ["reconnect-interval", 250, 3000],
};
const names = Object.keys(fields) as Plain[];

describe.each(names)("%s", (name) => {
  const [attribute, value, normal] = fields[name];

  test("has its default, and takes an attribute, a property and init", async () => {
    stubWebSocket();
    const element = document.createElement("miptech-chat");
    expect(element[name]).toBe(normal);
    element.setAttribute(attribute, value === false ? "" : String(value));
    expect(element[name]).toEqual(value);

    const other = document.createElement("miptech-chat");
    Object.assign(other, { [name]: value });
    expect(other[name]).toEqual(value);

    const config = { apiUrl: "https://api.example", tenantId: "acme", [name]: value };
    const made = window.MIPTechChatWidget.init(config);
    await made.updateComplete;
    expect(made[name]).toEqual(value);
    expect(made.state.config?.[name]).toEqual(value);
  });
});

test("init takes what else the element has, too", async () => {
  stubWebSocket();
  const chat = window.MIPTechChatWidget.init({
    apiUrl: "https://api.example",
    tenantId: "acme",
    heading: "Helper",
    suggestions: ["One?"],
    mode: "inline",
    storage: "session",
  });
  await chat.updateComplete;
  expect(chat).toMatchObject({ heading: "Helper", mode: "inline", storage: "session" });
});

test("callbacks given to init hear the published shapes, for questions and answers alike", async () => {
  const server = stubWebSocket();
  const messages: ChatMessage[] = [];
  const chat = window.MIPTechChatWidget.init({
    apiUrl: "https://api.example",
    tenantId: "acme",
    onMessage: (message) => messages.push(message),
  });
  await chat.updateComplete;
  server.current.push(greeting());
  chat.ask("What?");
  const id = server.current.questions[0]?.client_message_id ?? null;
  const origin = { chat_id: "chat-1", message_id: "answer-1" };
  const accepted = { message: "…", question_id: "question-1", client_message_id: id, ...origin };
  server.current.push({ type: "processing", data: accepted });
  server.current.push(start(), chunk("Yes.", 0), complete());
  const common = { timestamp: expect.any(Number), status: "sent" };
  expect(messages).toMatchObject([
    { ...common, id: "question-1", role: "user", content: "What?" },
    {
      ...common,
      id: "answer-1",
      role: "assistant",
      content: "Yes.",
      metadata: { streaming: false, total_tokens: 12, cost_estimate: 0.001, sources: [] },
    },
  ]);
});

describe("what is changed at run time", () => {
  test.each([
    ["tenantId", "tenant-id", "other", "tenant_id"],
    ["userId", "user-id", "user-8", "user_id"],
    ["apiKey", "api-key", "pk_8", "key"],
  ] as const)("connects anew with it: %s", async (_, attribute, value, name) => {
    const { chat, server, greet, rendered } = await mountChat({
      "user-id": "u",
      "api-key": "pk_1",
    });
    const first = await greet();
    chat.setAttribute(attribute, value);
    await rendered();
    expect(first.closedWith).toBe(1000);
    expect(server.sockets).toHaveLength(2);
    const { url, proofs } = server.current;
    expect({ ...Object.fromEntries(url.searchParams), ...proofs }).toMatchObject({ [name]: value });
  });

  test("another API is asked from then on", async () => {
    const { chat, server, greet, rendered } = await mountChat();
    await greet();
    chat.apiUrl = "http://127.0.0.1:8000/base";
    await rendered();
    expect(server.current.url.href).toContain("ws://127.0.0.1:8000/base/api/v1/ws/chat?");
  });

  test("a chat that was never connected stays so, and one that was disconnected too", async () => {
    const { chat, server, greet, rendered } = await mountChat({ "no-auto-connect": "" });
    chat.tenantId = "other";
    chat.token = "t";
    await rendered();
    expect(server.sockets).toEqual([]);
    chat.connect();
    await greet();
    chat.disconnect();
    chat.token = "fresh";
    await rendered();
    expect(server.sockets).toHaveLength(1);
    chat.connect();
    await greet();
    chat.tenantId = "third";
    await rendered();
    expect(server.sockets).toHaveLength(3);
  });

  test("what is no number counts as left out", async () => {
    const { chat } = await mountChat({
      "max-reconnect-attempts": "many",
      "reconnect-interval": "",
    });
    expect(chat.state.config).toMatchObject({ maxReconnectAttempts: 5, reconnectInterval: 0 });
  });
});

describe("what the browser keeps", () => {
  const keys = (storage: Storage) => Object.keys(storage).map((key) => key.split(":")[1]);

  /** A chat that has a visitor, a chat and a question that waits. */
  async function use(storage: string | undefined) {
    const server = stubWebSocket();
    const rest = stubFetch();
    const attributes = { "user-id": "u", ...(storage ? { storage } : {}) };
    const { chat, ask } = await mountChat(attributes, server, rest);
    server.current.push(greeting({ visitor_token: "visitor-1" }));
    (await ask()).push(start(), complete());
    rest.keep("chat-1");
    chat.ask("And?");
    return { chat, again: () => mountChat(attributes, server, rest) };
  }

  test("by default: visitor and chat over visits, and for the tab its id, chat and question", async () => {
    await use(undefined);
    expect(keys(localStorage).toSorted()).toEqual(["chat", "pending", "visitor"]);
    expect(keys(sessionStorage).toSorted()).toEqual(["chat", "client"]);
    expect(Object.keys(localStorage)).toContain("miptech:visitor:https://api.example|acme|u|");
  });

  test("of chats: the tab's own goes before the browser's last one", async () => {
    const { chat, again } = await use(undefined);
    chat.remove();
    const goElsewhere = () =>
      localStorage.setItem("miptech:chat:https://api.example|acme|u||0", "chat-2");
    goElsewhere();
    const same = (await again()).chat;
    expect(same.state.currentChat?.id).toBe("chat-1");
    same.remove();
    goElsewhere();
    sessionStorage.clear();
    expect((await again()).chat.state.currentChat?.id).toBe("chat-2");
  });

  test("with storage=session nothing that outlives the tab", async () => {
    const { chat, again } = await use("session");
    expect(keys(localStorage)).toEqual([]);
    expect(keys(sessionStorage).toSorted()).toEqual(["chat", "client", "pending", "visitor"]);
    chat.remove();
    expect((await again()).chat.state.currentChat?.id).toBe("chat-1");
  });

  test("with storage=none nothing at all: a reload begins anew", async () => {
    const { chat, again } = await use("none");
    expect([...keys(localStorage), ...keys(sessionStorage)]).toEqual([]);
    chat.remove();
    expect((await again()).chat.state).toMatchObject({ currentChat: null, messages: [] });
  });

  test("is passed over when it isn't ours", async () => {
    const place = "https://api.example|acme|u||0";
    sessionStorage.setItem(`miptech:client:${place}`, "tab");
    for (const junk of ["{", '{"text":1}', '[{"text":1},null]']) {
      localStorage.setItem(`miptech:pending:${place}|tab`, junk);
      const { chat } = await mountChat({ "user-id": "u" });
      expect(chat.state.messages).toEqual([]);
      chat.remove();
    }
  });
});

test("what is refused is explained in the console alone, once, and nothing else is tried", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { server, rest, textOf, rendered } = await mountChat();
  const data = { message: "The origin may not", error_code: "ORIGIN_NOT_ALLOWED" };
  server.current.push({ type: "error", data });
  server.current.drop(4403);
  await rendered();
  expect(textOf(".banner")).toBe("This chat is not allowed on this page.");
  expect(told.mock.calls).toEqual([
    [
      `miptech-chat: https://api.example refuses pages of ${location.origin}. To allow them, add ${location.origin} to ` +
        'CORS_ORIGINS of the server, or to allowed_origins in the settings of the tenant "acme".',
    ],
  ]);
  window.dispatchEvent(new Event("online"));
  document.dispatchEvent(new Event("visibilitychange"));
  expect(server.sockets).toHaveLength(1);
  expect(rest.calls).toEqual([]);
});
