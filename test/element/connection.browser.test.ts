import { expect, test, vi } from "vitest";
import { mountChat } from "./support/chat-page.ts";
import { chunk, reconnect, refusal, start } from "./support/frames.ts";

test("it connects by itself with what the tag says, and shows that it stands", async () => {
  const { server, greet, textOf } = await mountChat({ "user-id": "u 1", token: "t-1" });
  const { url } = server.current;
  expect(url.origin + url.pathname).toBe("wss://api.example/api/v1/ws/chat");
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    tenant_id: "acme",
    user_id: "u 1",
    token: "t-1",
  });
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
  [4401, "session has ended"],
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
  expect(server.current.url.searchParams.get("token")).toBe("new");
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
