import { afterEach, describe, expect, test, vi } from "vitest";
import { page } from "vitest/browser";
import type { ChatMessage } from "../../element/client/message.ts";
import { mountChat, stubWebSocket } from "./support/chat-page.ts";
import { chunk, complete, failure, greeting, start } from "./support/frames.ts";

afterEach(() => window.MIPTechChatWidget.destroy());

test("removing it closes the socket and leaves no timer and no listener", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  const added = [window, document].map((target) => vi.spyOn(target, "addEventListener"));
  const removed = [window, document].map((target) => vi.spyOn(target, "removeEventListener"));
  const calls = (spies: typeof added) =>
    spies.flatMap(({ mock }) => mock.calls.map(([type, listener]) => [type, listener]));
  try {
    const { chat, greet, ask } = await mountChat();
    await greet();
    const socket = await ask();
    socket.push(start(), chunk("A ten", 0));
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    expect(calls(added).map(([type]) => type)).toEqual([
      "online",
      "offline",
      "pagehide",
      "pageshow",
      "visibilitychange",
    ]);

    chat.remove();
    expect(socket).toMatchObject({ closedWith: 1000, onmessage: null, onclose: null });
    expect(vi.getTimerCount()).toBe(0);
    expect(calls(removed)).toEqual(calls(added));
  } finally {
    vi.useRealTimers();
  }
});

test("moving it keeps the conversation and resumes the answer", async () => {
  const { chat, server, greet, ask, find } = await mountChat();
  await greet();
  (await ask()).push(start(), chunk("A ten", 0));
  document.body.append(document.createElement("main"));
  document.querySelector("main")?.append(chat);
  const socket = await greet();
  expect(server.sockets).toHaveLength(2);
  expect(socket.resumes).toEqual([{ message_id: "answer-1", cursor: "1-5" }]);
  expect(find(".prose").textContent).toBe("A te");
  document.querySelector("main")?.remove();
});

test("several on one page are several chats, each with its id, kept over a reload", async () => {
  const server = stubWebSocket();
  const first = await mountChat({}, server);
  const second = await mountChat({ theme: "dark", "tenant-id": "acme" }, server);
  const idOf = (index: number) => server.sockets[index]?.url.searchParams.get("client_id");
  expect(idOf(0)).not.toBe(idOf(1));
  server.sockets[0]?.push(greeting());
  await first.ask("Only here");
  await second.rendered();
  expect(first.findAll(".bubble")).toHaveLength(1);
  expect(second.findAll(".bubble")).toHaveLength(0);

  first.chat.remove();
  second.chat.remove();
  await mountChat({}, server);
  expect(idOf(2)).toBe(idOf(0));
});

test("a page that forbids storage still gets a chat", async () => {
  for (const area of ["localStorage", "sessionStorage"] as const) {
    vi.spyOn(window, area, "get").mockImplementation(() => {
      throw new DOMException("denied", "SecurityError");
    });
  }
  const { server, greet, textOf } = await mountChat({ "reconnect-interval": "0" });
  server.current.push(greeting({ visitor_token: "visitor-1" }));
  const again = server.next();
  server.current.drop();
  expect((await again).proofs).toEqual({ visitor: "visitor-1" });
  await greet();
  expect(textOf(".status")).toBe("Online");
  vi.restoreAllMocks();
});

test("a visitor's token is kept for this API and tenant alone", async () => {
  const server = stubWebSocket();
  const tokenOf = async (attributes: Record<string, string>) => {
    const { chat } = await mountChat(attributes, server);
    server.current.push(greeting({ visitor_token: `visitor-of-${attributes["tenant-id"]}` }));
    chat.remove();
    return server.current.proofs["visitor"];
  };
  expect(await tokenOf({ "tenant-id": "one" })).toBeUndefined();
  expect(await tokenOf({ "tenant-id": "two" })).toBeUndefined();
  expect(await tokenOf({ "tenant-id": "one" })).toBe("visitor-of-one");
  expect(await tokenOf({ "tenant-id": "one", "api-url": "https://other.example" })).toBeUndefined();
});

test("the page hears of everything, by events and by callbacks", async () => {
  const heard: string[] = [];
  const { chat, greet, ask } = await mountChat({
    "no-auto-connect": "",
    "reconnect-interval": "1000000",
  });
  for (const name of ["connect", "disconnect", "message", "error"]) {
    document.body.addEventListener(`miptech-${name}`, () => heard.push(`event ${name}`), {
      once: true,
    });
  }
  chat.onConnect = () => heard.push("onConnect");
  chat.onDisconnect = () => heard.push("onDisconnect");
  chat.onMessage = ({ role, status }: ChatMessage) => heard.push(`onMessage ${role} ${status}`);
  chat.onError = ({ message }) => heard.push(`onError ${message}`);
  chat.connect();
  await greet();
  const socket = await ask();
  socket.push(start(), chunk("A", 0), failure());
  socket.drop();
  expect(heard).toEqual([
    "event connect",
    "onConnect",
    "event message",
    "onMessage user sent",
    "onMessage assistant error",
    "event error",
    "onError The model stopped answering",
    "event disconnect",
    "onDisconnect",
  ]);
});

test("frames are logged when the page asks for it, and tokens never", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  localStorage.setItem("debug", "app, websocket");
  const { chat, server, ask, rendered } = await mountChat({ "api-key": "pk_secret" });
  server.current.push(greeting({ visitor_token: "secret-visitor" }));
  chat.token = "secret-token";
  await rendered();
  expect(server.current.auths).toHaveLength(1);
  (await ask()).push(start(), chunk("A", 0), complete());
  const lines = log.mock.calls.map((line) => line.join(" "));
  expect(lines[0]).toContain('"type":"connection_established"');
  expect(lines.join("\n")).not.toContain("secret");
  expect(lines.at(-1)).toContain('"total_tokens":12');
  localStorage.removeItem("debug");
  chat.disconnect();
  chat.connect();
  server.current.push(greeting());
  expect(log).toHaveBeenCalledTimes(lines.length);
});

describe("window.MIPTechChatWidget", () => {
  test("init puts a configured chat on the page, and destroy takes it away", async () => {
    const server = stubWebSocket();
    const onConnect = vi.fn();
    const chat = window.MIPTechChatWidget.init({
      apiUrl: "http://localhost:8000",
      tenantId: "miptech-company",
      userId: undefined,
      theme: "dark",
      onConnect,
    });
    await chat.updateComplete;
    expect(server.current.url.href).toMatch(
      "ws://localhost:8000/api/v1/ws/chat?tenant_id=miptech-company",
    );
    server.current.push(greeting());
    expect(onConnect).toHaveBeenCalledOnce();
    expect(chat).toMatchObject({
      isConnected: true,
      maxReconnectAttempts: 5,
      reconnectInterval: 3000,
      theme: "dark",
    });
    window.MIPTechChatWidget.destroy(chat);
    expect(chat.isConnected).toBe(false);
    expect(server.current.closedWith).toBe(1000);
  });

  test("what it returns can be asked at once", () => {
    const server = stubWebSocket();
    const chat = window.MIPTechChatWidget.init({
      apiUrl: "http://localhost:8000",
      tenantId: "acme",
    });
    expect(chat.ask("What?")).toBe(true);
    server.current.push(greeting());
    expect(server.current.questions).toMatchObject([{ message: "What?" }]);
    chat.remove();
    expect(chat.ask("Anyone there?")).toBe(false);
    expect(server.sockets).toHaveLength(1);
  });

  test("autoConnect: false waits", async () => {
    const server = stubWebSocket();
    const config = { apiUrl: "http://localhost:8000", tenantId: "acme", autoConnect: false };
    await window.MIPTechChatWidget.init(config).updateComplete;
    expect(server.sockets).toEqual([]);
  });
});

test("the API is where the script came from, unless the tag says otherwise", async () => {
  const { chat } = await mountChat();
  chat.removeAttribute("api-url");
  expect(document.createElement("miptech-chat").apiUrl).toBe(location.origin);
});

describe("looks", () => {
  const surface = (chat: Element) => {
    const panel = chat.shadowRoot?.querySelector(".panel");
    return panel ? getComputedStyle(panel).backgroundColor : "";
  };

  test("the theme is light, dark, or the reader's own", async () => {
    const { chat, rendered } = await mountChat({ theme: "light" });
    expect(getComputedStyle(chat).colorScheme).toBe("light");
    expect(surface(chat)).toBe("rgb(255, 255, 255)");
    chat.theme = "dark";
    await rendered();
    expect(surface(chat)).toBe("rgb(22, 25, 26)");
    chat.theme = "auto";
    await rendered();
    expect(getComputedStyle(chat).colorScheme).toBe("light dark");
  });

  test("a page's own colours and parts win", async () => {
    const style = document.head.appendChild(document.createElement("style"));
    style.textContent =
      "miptech-chat{--miptech-surface:rgb(1,2,3)} miptech-chat::part(launcher){border-radius:5px}";
    const { chat, find } = await mountChat();
    expect(surface(chat)).toBe("rgb(1, 2, 3)");
    expect(getComputedStyle(find(".launcher")).borderRadius).toBe("5px");
    style.remove();
  });

  test("on a phone an open chat takes the whole screen", async () => {
    await page.viewport(390, 844);
    try {
      const { find } = await mountChat({ open: "" });
      find(".panel")
        .getAnimations()
        .forEach((animation) => animation.finish());
      const { left, top, width, height } = find(".panel").getBoundingClientRect();
      expect({ left, top, width, height }).toEqual({ left: 0, top: 0, width: 390, height: 844 });
      expect(getComputedStyle(find(".launcher")).visibility).toBe("hidden");
    } finally {
      await page.viewport(1000, 800);
    }
  });

  test("inline it fills its place, without a bubble", async () => {
    const { chat, findAll, find } = await mountChat({ mode: "inline" });
    expect(findAll(".launcher")).toEqual([]);
    expect(find(".panel").getBoundingClientRect().width).toBe(chat.getBoundingClientRect().width);
    expect(find(".panel").getAttribute("role")).toBe("region");
  });

  test("nothing is written into style attributes but the composer's height", async () => {
    const { greet, ask, findAll, rendered } = await mountChat({ open: "" });
    await greet();
    (await ask()).push(start(), chunk("# A\n\n- b", 0), complete());
    await rendered();
    expect(findAll("[style]").map((element) => element.localName)).toEqual(["textarea"]);
    expect(findAll("style, script, link")).toEqual([]);
  });
});
