import { act, createElement } from "react";
import { expect, test, vi } from "vitest";
import { useWebSocket, useWidgetStore } from "../../../element/react/react.ts";
import { chunk, complete, failure, processing, start } from "../support/frames.ts";
import { mountReact, playServer, waitUntil } from "./react-page.ts";

const acme = { apiUrl: "https://api.example", tenantId: "acme", token: "t-1" };
const store = useWidgetStore.getState;
const texts = () => store().messages.map(({ content }) => content);

const wireChat = (id: string) => ({
  id,
  title: `Title of ${id}`,
  created_at: "2030-01-01T00:00:00Z",
  updated_at: "2030-01-01T00:00:00Z",
});
const wireMessage = (id: string, role: string, content: string) => ({
  id,
  role,
  content,
  status: "complete",
  created_at: "2030-01-01T00:00:00Z",
  client_message_id: null,
  reply_to: null,
  attempt: null,
  finish_reason: null,
  total_tokens: null,
  cost_estimate: null,
  sources: null,
  model: null,
  error: null,
});

/** Plays the REST door: two chats, each with one question. */
function playRest() {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, { method }: RequestInit) => {
    const path = new URL(url).pathname.replace("/api/v1/", "");
    asked.push(`${method} ${path}`);
    if (method === "DELETE") return new Response(null, { status: 204 });
    if (method === "PATCH") return Response.json({ ...wireChat("chat-2"), title: "Renamed" });
    const id = /^chat\/(.+)\/messages$/.exec(path)?.[1];
    const items = id
      ? [wireMessage(`q-${id}`, "user", `Question of ${id}`)]
      : [wireChat("chat-2"), wireChat("chat-1")];
    return Response.json({ items, next: null });
  });
  return asked;
}

/** A component that uses the connection, which stands. */
async function mountConnected() {
  const server = playServer();
  store().setConfig(acme);
  await mountReact(createElement(() => createElement("p", null, useWebSocket().connectionStatus)));
  await server.greet();
  return server;
}

async function takeQuestion(server: ReturnType<typeof playServer>): Promise<void> {
  const { questions } = server.current;
  await act(async () => server.current.push(processing(questions.at(-1)?.client_message_id)));
}

test("the visitor's chats are listed, opened, renamed and deleted", async () => {
  const asked = playRest();
  await mountConnected();
  await act(() => store().loadChats());
  expect(store()).toMatchObject({
    chats: [{ id: "chat-2" }, { id: "chat-1", title: "Title of chat-1" }],
    chatList: { status: "ready", hasMore: false },
  });
  expect(store().openChat("chat-1")).toBe(true);
  await waitUntil(() => expect(texts()).toEqual(["Question of chat-1"]));
  expect(store().currentChat).toMatchObject({ id: "chat-1", title: "Title of chat-1" });

  await act(() => store().renameChat("chat-2", "Renamed"));
  expect(store().chats[0]).toMatchObject({ id: "chat-2", title: "Renamed" });
  await act(() => store().deleteChat("chat-1"));
  expect(store()).toMatchObject({ chats: [{ id: "chat-2" }], currentChat: null, messages: [] });
  expect(asked).toEqual([
    "GET chat/",
    "GET chat/chat-1/messages",
    "PATCH chat/chat-2",
    "DELETE chat/chat-1",
  ]);
});

test("a question may name its chat, or begin a new one", async () => {
  playRest();
  const server = await mountConnected();
  expect(store().sendChatMessage("In the first?", { chatId: "chat-1" })).toBe(true);
  await waitUntil(() => expect(server.current.questions).toHaveLength(1));
  expect(server.current.questions).toMatchObject([{ message: "In the first?", chat_id: "chat-1" }]);
  expect(texts()).toEqual(["Question of chat-1", "In the first?"]);
  expect(store().sendChatMessage("Elsewhere?", { chatId: null })).toBe(false);

  await takeQuestion(server);
  await act(async () => server.current.push(start(), chunk("Yes", 0), complete()));
  await act(async () => expect(store().sendChatMessage("New?", { chatId: null })).toBe(true));
  expect(server.current.questions.at(-1)).toMatchObject({ message: "New?", chat_id: null });
  expect(texts()).toEqual(["New?"]);
});

test("an answer is stopped, retried and rated from anywhere", async () => {
  const server = await mountConnected();
  await act(async () => store().sendChatMessage("What?"));
  await takeQuestion(server);
  await act(async () => server.current.push(start(), chunk("A", 0)));
  await act(async () => store().stop());
  expect(server.current.cancels).toEqual([{ message_id: "answer-1" }]);
  await act(async () => server.current.push(failure()));
  await act(async () => store().retry("answer-1"));
  expect(server.current.questions).toHaveLength(2);
  await takeQuestion(server);
  await act(async () => server.current.push(start(), chunk("B", 0), complete()));
  await act(async () => store().rate("answer-1", { rating: "up", comment: null }));
  expect(server.current.received.at(-1)).toMatchObject({ data: { rating: "up" } });
  expect(store().messages.at(-1)?.metadata?.feedback).toMatchObject({ rating: "up" });
});

test("what says the same stays the same object, so that nothing is rendered for it", async () => {
  playRest();
  const server = await mountConnected();
  await act(() => store().loadChats());
  await act(async () => store().sendChatMessage("What?"));
  await takeQuestion(server);
  await act(async () => server.current.push(start(), chunk("A", 0)));
  const before = store();
  await act(async () => server.current.push(chunk("B", 1)));
  const after = store();
  expect(after.messages).not.toBe(before.messages);
  expect(after.messages[0]).toBe(before.messages[0]);
  for (const part of [
    "config",
    "connection",
    "chats",
    "currentChat",
    "history",
    "chatList",
  ] as const)
    expect([part, after[part] === before[part]]).toEqual([part, true]);
});
