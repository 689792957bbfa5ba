import { expect, test, vi } from "vitest";
import { mountChat } from "./support/chat-page.ts";
import { authenticated, chunk, complete, greeting, start, userToken } from "./support/frames.ts";

function write(input: HTMLElement, text: string): void {
  if (!(input instanceof HTMLTextAreaElement)) throw new Error("There is no composer");
  input.value = text;
  input.dispatchEvent(new Event("input"));
}

test("a fresh token keeps connection, conversation and draft", async () => {
  const [old, fresh] = [userToken("ann", "1"), userToken("ann", "2")];
  const { chat, server, ask, find, rendered } = await mountChat({ open: "", token: old });
  server.current.push(greeting({ user_id: "user_ann" }));
  const socket = await ask();
  socket.push(start(), chunk("A ten", 0));
  write(find(".input"), "And then");
  chat.token = fresh;
  await rendered();
  expect(socket.auths).toEqual([{ token: fresh }]);
  socket.push(authenticated("user_ann"), chunk("ant", 5));
  await rendered();
  expect(server.sockets).toHaveLength(1);
  expect(find(".prose").textContent).toBe("A tenan");
  expect(find<HTMLTextAreaElement>(".input").value).toBe("And then");
});

test.each<[string, string | null]>([
  ["another user's token", userToken("bob")],
  ["none", null],
])("%s takes everything of the user before off the page", async (_, token) => {
  const { chat, server, rest, ask, find, findAll, rendered, shows } = await mountChat({
    open: "",
    token: userToken("ann"),
  });
  rest.keep("chat-1", [], "Ann's secret");
  server.current.push(greeting({ user_id: "user_ann" }));
  (await ask()).push(start(), chunk("A.", 0), complete());
  await rendered();
  find(".rate.down").click();
  write(find(".input"), "Half a thought");
  chat.showChats();
  await shows(".chat-row");
  expect(Object.keys(localStorage).join()).toContain("user_ann");

  if (token === null) chat.removeAttribute("token");
  else chat.setAttribute("token", token);
  await rendered();
  expect([findAll(".message"), findAll(".chat-row"), findAll(".comment")]).toEqual([[], [], []]);
  expect(find<HTMLTextAreaElement>(".input").value).toBe("");
  expect(find(".announcer").textContent).toBe("");
  const places = [localStorage, sessionStorage].flatMap((storage) => Object.keys(storage));
  expect(places.join()).not.toContain("user_ann");
  expect(server.sockets).toHaveLength(2);
  expect(server.current.proofs).toEqual(token === null ? {} : { token });
});

test("signing in keeps the visitor's conversation, and another user-id is another chat", async () => {
  const { chat, server, greet, ask, findAll, rendered } = await mountChat();
  await greet();
  await ask();
  chat.token = userToken("ann");
  await rendered();
  expect(server.current.auths).toHaveLength(1);
  server.current.push(authenticated("user_ann"));
  await rendered();
  expect(findAll(".message")).toHaveLength(2);
  chat.userId = "another";
  await rendered();
  expect(findAll(".message")).toEqual([]);
});

test("a provider that is made anew says nothing, one that comes or goes does, and authenticate() asks it", async () => {
  const { chat, server, greet, rendered } = await mountChat();
  await greet();
  const asked: number[] = [];
  const provider = (number: number) => () => {
    asked.push(number);
    return userToken("ann", String(number));
  };
  chat.tokenProvider = provider(1);
  await rendered();
  await vi.waitUntil(() => server.current.auths.length === 1);
  server.current.push(authenticated("user_ann"));
  chat.tokenProvider = provider(2);
  await rendered();
  expect(asked).toEqual([1]);
  chat.authenticate();
  await vi.waitUntil(() => server.current.auths.length === 2);
  chat.tokenProvider = undefined;
  await rendered();
  expect(server.sockets).toHaveLength(2);
  expect(server.current.proofs).toEqual({});
  expect(asked).toEqual([1, 2]);
});
