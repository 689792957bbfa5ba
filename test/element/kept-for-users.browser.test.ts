import { expect, describe, test, vi } from "vitest";
import { mountChat, stubFetch, stubWebSocket } from "./support/chat-page.ts";
import { restError } from "./support/fake-rest.ts";
import { greeting, processing, userToken } from "./support/frames.ts";

test("what the browser stores of one user another never gets", async () => {
  const server = stubWebSocket();
  const rest = stubFetch();
  const visit = async (user: string) => {
    const { chat, rendered } = await mountChat({ token: userToken(user) }, server, rest);
    server.current.push(greeting({ user_id: `user_${user}` }));
    await rendered();
    return chat;
  };
  const anns = await visit("ann");
  anns.ask("Ann's?");
  const [asked] = server.current.questions;
  server.current.push(processing(asked?.client_message_id));
  server.current.drop();
  anns.ask("Ann's next?");
  anns.remove();
  rest.keep("chat-1");

  const bobs = await visit("bob");
  expect(bobs.state).toMatchObject({ messages: [], currentChat: null });
  expect(server.current.questions).toEqual([]);
  expect(rest.calls).toEqual([]);
  bobs.remove();
  await visit("ann");
  await vi.waitUntil(() => server.current.questions.length === 1);
  expect(server.current.questions).toMatchObject([{ message: "Ann's next?", chat_id: "chat-1" }]);
});

test("a question that was left by a user who has gone is taken up when they are back in that tab", async () => {
  const { chat, server, rest, rendered } = await mountChat({ token: userToken("ann") });
  rest.keep("chat-1");
  server.current.push(greeting({ user_id: "user_ann" }));
  chat.openChat("chat-1");
  server.current.drop();
  chat.ask("Ann's?");
  chat.token = userToken("bob");
  await rendered();
  server.current.push(greeting({ user_id: "user_bob" }));
  expect(chat.state).toMatchObject({ messages: [], currentChat: null });
  chat.token = userToken("ann", "2");
  await rendered();
  server.current.push(greeting({ user_id: "user_ann" }));
  await vi.waitUntil(() => server.current.questions.length === 1);
  expect(server.current.questions).toMatchObject([{ message: "Ann's?", chat_id: "chat-1" }]);
  expect(Object.keys(localStorage).filter((name) => name.includes("pending"))).toHaveLength(1);
});

describe("who signs in on another page", () => {
  test.each([{}, { "user-id": "7" }])("goes on where they were as a visitor: %j", async (label) => {
    const server = stubWebSocket();
    const rest = stubFetch();
    rest.keep("chat-1");
    rest.intercept = ({ path }) =>
      path === "/auth/claim" ? Response.json({ claimed: 1 }) : undefined;
    const visitor = await mountChat({}, server, rest);
    server.current.push(greeting({ visitor_token: "visitor-1" }));
    await visitor.ask();
    visitor.chat.remove();

    const user = await mountChat({ ...label, token: userToken("ann") }, server, rest);
    server.current.push(greeting({ user_id: "user_ann" }));
    await vi.waitUntil(() => rest.calls.some(({ path }) => path === "/auth/claim"));
    expect(user.chat.state.currentChat?.id).toBe("chat-1");
    await vi.waitUntil(() => !Object.keys(localStorage).join().includes(":visitor:"));
    const visitors = Object.keys(localStorage).filter((name) => !name.includes("user_ann"));
    expect(visitors).toEqual([]);
  });
});

test("a visitor's chats that can't be claimed just now wait for the user who was that visitor", async () => {
  const server = stubWebSocket();
  const rest = stubFetch();
  const claims = () => rest.calls.filter(({ path }) => path === "/auth/claim");
  rest.intercept = ({ path }) =>
    path === "/auth/claim" ? restError(503, "SERVICE_UNAVAILABLE") : undefined;
  const visitor = await mountChat({}, server, rest);
  server.current.push(greeting({ visitor_token: "visitor-1" }));
  visitor.chat.remove();
  const visit = async (user: string) => {
    const { chat } = await mountChat({ token: userToken(user) }, server, rest);
    const { proofs } = server.current;
    server.current.push(greeting({ user_id: `user_${user}` }));
    return { chat, proofs };
  };
  const anns = await visit("ann");
  expect(anns.proofs).toMatchObject({ visitor: "visitor-1" });
  await vi.waitUntil(() => claims().length === 1);
  anns.chat.remove();
  rest.intercept = () => Response.json({ claimed: 1 });
  const bobs = await visit("bob");
  expect(bobs.proofs).not.toHaveProperty("visitor");
  bobs.chat.remove();
  await visit("ann");
  await vi.waitUntil(() => !Object.keys(localStorage).join().includes(":visitor:"));
  expect(claims().map(({ headers }) => headers.get("Authorization"))).toEqual([
    `Bearer ${userToken("ann")}`,
    `Bearer ${userToken("ann")}`,
  ]);
});
