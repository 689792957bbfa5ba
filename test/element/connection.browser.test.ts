import { expect, test, vi } from "vitest";
import { mountChat } from "./support/chat-page.ts";
import { chunk, reconnect, refusal, start } from "./support/frames.ts";

test("it connects by itself with what the tag says, and shows that it stands", async () => {
  const { server, greet, textOf } = await mountChat({ "user-id": "u 1", token: "t-1" });
  const { url, proofs } = server.current;
  expect(url.origin + url.pathname).toBe("wss://api.example/api/v1/ws/chat");
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    tenant_id: "acme",
    user_id: "u 1",
  });
  expect(proofs).toEqual({ token: "t-1" });
  expect(url.href).not.toContain("t-1");
  expect(url.searchParams.get("client_id")).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(textOf(".status")).toBe("Connecting…");
  await greet();
  expect(textOf(".status")).toBe("Online");
});

test("with no-auto-connect it waits until it is told to, or asked", async () => {
  const { chat, server, rendered, textOf } = await mountChat({ "no-auto-connect": "" });
  expect(server.sockets).toEqual([]);
  expect(chat.autoConnect).toBe(false);
  expect(textOf(".banner")).toContain("not connected");
  chat.ask("What?");
  await rendered();
  expect(server.sockets).toHaveLength(1);
});

test.each([
  [4400, "not set up correctly"],
  [4401, "not set up correctly"],
  [4403, "not allowed on this page"],
  [4404, "does not exist"],
])("a refusal with %i is explained, and nothing can be asked", async (code, words) => {
  const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { server, find, findAll, rendered, textOf } = await mountChat();
  server.current.push(refusal("REASON"));
  server.current.drop(code);
  await rendered();
  expect(textOf(".banner")).toContain(words);
  expect(textOf(".banner")).not.toContain("REASON");
  expect(told.mock.calls).toEqual([[expect.stringMatching(/^miptech-chat: .*REASON/)]]);
  expect(find<HTMLTextAreaElement>("textarea").disabled).toBe(true);
  expect(findAll(".banner button")).toEqual([]);
  expect(find<HTMLButtonElement>(".show-chats").disabled).toBe(true);
  expect(server.sockets).toHaveLength(1);
});

test.each([
  ["INVALID_TOKEN", "Your session has ended. Reload the page or sign in again."],
  ["TOKEN_EXPIRED", "Your session has ended. Sign in again."],
  ["TOKEN_REQUIRED", "Sign in to use this chat."],
])("a session that ends with %s says so, and can be tried again", async (code, words) => {
  const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { server, find, rendered, textOf } = await mountChat({ token: "secret-token" });
  server.current.push(refusal(code));
  server.current.drop(4401);
  await rendered();
  expect(textOf(".banner p")).toBe(words);
  expect(told.mock.calls).toEqual([[expect.stringMatching(/^miptech-chat: [^\n]*token/)]]);
  expect(told.mock.calls.join()).not.toContain("secret-token");
  find(".banner button").click();
  expect(server.sockets).toHaveLength(2);
});

test("a tenant without a free connection is waited for, in words", async () => {
  const { server, rendered, textOf } = await mountChat();
  server.current.push(refusal("TOO_MANY_CONNECTIONS", { retry_after: 10 }));
  server.current.drop(4429);
  await rendered();
  expect(textOf(".banner p")).toBe(
    "No connection. Trying again, attempt 1 of 5… Too many chats are open at the moment.",
  );
});

test("a provider that fails is told to the reader, and in the console without what it threw", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { chat, server, textOf, rendered } = await mountChat({ "no-auto-connect": "" });
  chat.tokenProvider = () => Promise.reject(new Error("secret-token"));
  chat.maxReconnectAttempts = 0;
  chat.connect();
  await vi.waitUntil(() => chat.state.connection.phase === "exhausted");
  await rendered();
  expect(textOf(".banner p")).toContain("Your sign-in could not be confirmed.");
  expect(told.mock.calls).toEqual([[expect.stringContaining("tokenProvider")]]);
  expect(told.mock.calls.join()).not.toContain("secret-token");
  expect(server.sockets).toEqual([]);
});

test("a budget that is used up is told in words, without a button that could only fail again", async () => {
  const { greet, ask, find, findAll, rendered, textOf } = await mountChat({ open: "" });
  await greet();
  const socket = await ask();
  const data = { message: "…", error_code: "BUDGET_EXCEEDED", message_id: "answer-1" };
  const place = { chat_id: "chat-1", total_chunks: 0, attempt: 1, cursor: "1-end" };
  socket.push(start(), { type: "error", data: { ...data, ...place } });
  await rendered();
  expect(textOf(".failure p")).toContain("limit for today");
  expect(findAll(".failure button")).toEqual([]);
  expect(textOf(".announcer")).toContain("limit for today");
  expect(find<HTMLTextAreaElement>("textarea").disabled).toBe(false);
});

test("a lost connection says so while it is tried again, and Try now tries at once", async () => {
  const { server, greet, find, findAll, rendered, textOf } = await mountChat({
    "reconnect-interval": "1000000",
  });
  (await greet()).drop();
  await rendered();
  expect(textOf(".banner")).toContain("attempt 1 of 5");
  find(".banner button").click();
  expect(server.sockets).toHaveLength(2);
  await greet();
  expect(findAll(".banner")).toEqual([]);
});

test("a server that restarts is no alarm: only the header says so, unless it takes long", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.999);
  const { server, greet, find, findAll, rendered, textOf } = await mountChat({ open: "" });
  (await greet()).push(reconnect);
  await rendered();
  expect(textOf(".status")).toBe("Reconnecting…");
  expect(find(".banner").getBoundingClientRect().height).toBe(0);
  for (const animation of find(".banner").getAnimations()) animation.finish();
  expect(find(".banner").getBoundingClientRect().height).toBeGreaterThan(20);
  expect(textOf(".banner p")).toBe("The chat will be back in a moment.");
  find(".banner button").click();
  expect(server.sockets).toHaveLength(2);
  await greet();
  expect(findAll(".banner")).toEqual([]);
});

test("when all attempts are used up, Reconnect begins anew and the answer goes on", async () => {
  const { server, greet, ask, find, rendered, textOf } = await mountChat({
    "max-reconnect-attempts": "0",
  });
  await greet();
  const socket = await ask();
  socket.push(start(), chunk("A ten.\n\n", 0));
  socket.drop();
  await rendered();
  expect(textOf(".status")).toBe("Offline");
  expect(find(".prose").textContent).toBe("A ten.");
  find(".banner button").click();
  const next = await greet();
  expect(next.resumes).toEqual([{ message_id: "answer-1", cursor: "1-8" }]);
  expect(server.sockets).toHaveLength(2);
});

test("offline is said, and coming back online tries at once", async () => {
  const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  const { server, greet, rendered, textOf } = await mountChat({
    "max-reconnect-attempts": "0",
  });
  (await greet()).drop();
  window.dispatchEvent(new Event("offline"));
  await rendered();
  expect(textOf(".banner")).toContain("You are offline");
  expect(textOf(".banner button")).toBe("Try now");
  online.mockReturnValue(true);
  window.dispatchEvent(new Event("online"));
  expect(server.sockets).toHaveLength(2);
});

test("a page that is looked at again asks whether its connection lives", async () => {
  const { greet } = await mountChat();
  const socket = await greet();
  document.dispatchEvent(new Event("visibilitychange"));
  expect(socket.pings).toHaveLength(1);
});

test("a page that the browser keeps lets go of its socket, and connects when it is shown again", async () => {
  const { server, greet } = await mountChat();
  const socket = await greet();
  window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  expect(socket.closedWith).toBe(1000);
  window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  expect(server.sockets).toHaveLength(2);
});

test("a new token ends a refusal; another tenant is another chat", async () => {
  const { chat, server, greet, ask, findAll, rendered } = await mountChat({ token: "old" });
  server.current.drop(4401);
  chat.token = "new";
  await rendered();
  expect(server.current.proofs).toEqual({ token: "new" });
  const socket = await greet();
  await ask();
  chat.tenantId = "other";
  await rendered();
  expect(socket.closedWith).toBe(1000);
  expect(server.current.url.searchParams.get("tenant_id")).toBe("other");
  expect(findAll(".message")).toEqual([]);
});

test("without a tenant it says what is missing, and asks no server", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { server, textOf } = await mountChat({ "tenant-id": "" });
  expect(textOf(".banner")).toBe("This chat is not set up correctly.");
  expect(told.mock.calls.join()).toContain("set tenant-id");
  expect(server.sockets).toEqual([]);
});
