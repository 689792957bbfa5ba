import { act, createElement, Fragment } from "react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { WidgetConfig } from "../../../element/client/config.ts";
import { useWidgetStore, type UseWebSocketOptions } from "../../../element/react/react.ts";
import { chunk, complete, processing, refusal, start } from "../support/frames.ts";
import { makeUser, mountReact, playServer } from "./react-page.ts";

const acme: WidgetConfig = { apiUrl: "https://api.example", tenantId: "acme" };
const { setConfig, connect, disconnect, sendChatMessage } = useWidgetStore.getState();
const configure = (config: WidgetConfig | null) => act(async () => setConfig(config));

describe("components that use it", () => {
  test("share one connection, which closes with the last of them", async () => {
    const server = playServer();
    setConfig(acme);
    const [first, second] = [makeUser(), makeUser()];
    const both = createElement(
      Fragment,
      null,
      createElement(first.User, { key: 1 }),
      createElement(second.User, { key: 2 }),
    );
    const page = await mountReact(both, true);
    await server.greet();
    expect(server.sockets).toHaveLength(1);
    expect([first, second].map((user) => user.latest()?.isConnected)).toEqual([true, true]);

    await page.render(createElement(Fragment, null, createElement(second.User, { key: 2 })));
    expect(server.current.closedWith).toBeUndefined();
    await page.unmount();
    expect(server.current.closedWith).toBe(1000);
    expect(server.sockets).toHaveLength(1);
    expect(useWidgetStore.getState().connection.status).toBe("disconnected");
  });

  test("hand the connection on when one takes another's place", async () => {
    const server = playServer();
    setConfig(acme);
    const page = await mountReact(createElement(makeUser().User));
    await server.greet();
    await page.render(createElement(makeUser().User));
    expect(server.sockets).toHaveLength(1);
    expect(server.current.closedWith).toBeUndefined();
  });

  test("find the conversation again when they come back, and the answer goes on", async () => {
    const server = playServer();
    setConfig(acme);
    const page = await mountReact(createElement(makeUser().User));
    await server.greet();
    await act(async () => sendChatMessage("What?"));
    server.current.push(processing(server.current.questions[0]?.client_message_id));
    server.current.push(start(), chunk("A ten", 0));
    await page.unmount();

    await mountReact(createElement(makeUser().User));
    await server.greet();
    expect(server.sockets).toHaveLength(2);
    expect(server.current.resumes).toEqual([{ message_id: "answer-1", cursor: "1-5" }]);
    expect(useWidgetStore.getState().messages.map(({ content }) => content)).toEqual([
      "What?",
      "A ten",
    ]);
  });

  test("are not rendered again by the pieces of an answer", async () => {
    const server = playServer();
    setConfig(acme);
    const user = makeUser();
    await mountReact(createElement(user.User));
    await server.greet();
    const before = user.handles.length;
    await act(async () => sendChatMessage("What?"));
    const socket = server.current;
    await act(async () => {
      socket.push(processing(socket.questions[0]?.client_message_id), start());
      socket.push(chunk("A ten", 0), chunk("ant", 5), complete());
    });
    expect(useWidgetStore.getState().messages.at(-1)?.content).toBe("A tenant");
    expect(user.handles).toHaveLength(before);
  });
});

describe("it connects", () => {
  test("when both a component and a configuration are there, whichever comes last", async () => {
    const server = playServer();
    const page = await mountReact(createElement(makeUser().User));
    expect(server.sockets).toHaveLength(0);
    await configure(acme);
    expect(server.sockets).toHaveLength(1);
    await page.unmount();
    await configure({ ...acme, tenantId: "other" });
    expect(server.sockets).toHaveLength(1);
    await mountReact(createElement(makeUser().User));
    expect(server.sockets).toHaveLength(2);
  });

  test.each<[string, Partial<WidgetConfig>, UseWebSocketOptions | undefined]>([
    ["the configuration's", { autoConnect: false }, undefined],
    ["the component's", {}, { autoConnect: false }],
  ])(
    "not by itself under %s autoConnect: false, until it is told to",
    async (_, config, options) => {
      const server = playServer();
      setConfig({ ...acme, ...config });
      const user = makeUser(options);
      await mountReact(createElement(user.User));
      expect(server.sockets).toHaveLength(0);
      expect(user.latest()).toMatchObject({ isConnected: false, connectionStatus: "disconnected" });
      await act(async () => user.latest()?.connect());
      expect(server.sockets).toHaveLength(1);
      expect(user.latest()?.connectionStatus).toBe("connecting");
    },
  );

  test("as soon as autoConnect is switched on", async () => {
    const server = playServer();
    setConfig({ ...acme, autoConnect: false });
    await mountReact(createElement(makeUser().User));
    await configure(acme);
    expect(server.sockets).toHaveLength(1);
  });

  test("when it was told to before there was a configuration", async () => {
    const server = playServer();
    await mountReact(createElement(makeUser({ autoConnect: false }).User));
    connect();
    await configure({ ...acme, autoConnect: false });
    expect(server.sockets).toHaveLength(1);
  });

  test("for a question, which without a configuration is not taken", async () => {
    const server = playServer();
    const user = makeUser({ autoConnect: false });
    await mountReact(createElement(user.User));
    expect(user.latest()?.sendChatMessage("Too early")).toBe(false);
    await configure(acme);
    await act(async () => expect(user.latest()?.sendChatMessage("What?")).toBe(true));
    await server.greet();
    expect(server.current.questions).toMatchObject([{ message: "What?" }]);
    expect(user.latest()?.sendChatMessage("And?")).toBe(false);
  });

  test("not behind the back of someone who disconnected, until that is over", async () => {
    const server = playServer();
    setConfig(acme);
    const page = await mountReact(createElement(makeUser().User));
    await server.greet();
    await act(async () => disconnect());
    expect(server.current.closedWith).toBe(1000);
    await mountReact(createElement(makeUser().User));
    await configure({ ...acme, theme: "dark" });
    await page.unmount();
    expect(server.sockets).toHaveLength(1);
    await act(async () => connect());
    expect(server.sockets).toHaveLength(2);
  });
});

describe("a refusal", () => {
  // The client also tells the page's developer, in the console.
  beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined));

  test("is said, and not tried again for each component that appears", async () => {
    const server = playServer();
    setConfig(acme);
    const user = makeUser();
    await mountReact(createElement(user.User));
    await act(async () => {
      server.current.push(refusal("ORIGIN_NOT_ALLOWED"));
      server.current.drop(4403);
    });
    expect(user.latest()).toMatchObject({
      connectionStatus: "error",
      error: "Refused: ORIGIN_NOT_ALLOWED",
      isConnected: false,
    });
    await mountReact(createElement(makeUser().User));
    await configure({ ...acme, theme: "dark" });
    expect(server.sockets).toHaveLength(1);
  });

  test("ends with a fresh token", async () => {
    const server = playServer();
    setConfig({ ...acme, token: "old" });
    await mountReact(createElement(makeUser().User));
    await act(async () => server.current.drop(4401));
    await configure({ ...acme, token: "new" });
    expect(server.sockets.map(({ proofs }) => proofs)).toEqual([
      { token: "old" },
      { token: "new" },
    ]);
  });
});

test("a connection that can't be had says so, with the attempts that were made", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const server = playServer();
  setConfig({ ...acme, maxReconnectAttempts: 0 });
  const user = makeUser();
  await mountReact(createElement(user.User));
  await act(async () => server.current.drop());
  expect(user.latest()).toMatchObject({
    connectionStatus: "error",
    error: "The chat server can't be reached",
    reconnectAttempts: 0,
  });
});

test("a network that comes back is used at once, and nobody listens after the last component", async () => {
  const added = [window, document].map((target) => vi.spyOn(target, "addEventListener"));
  const removed = [window, document].map((target) => vi.spyOn(target, "removeEventListener"));
  const wakers = (spies: typeof added) =>
    spies
      .flatMap(({ mock }) => mock.calls.map(([type, listener]) => ({ type, listener })))
      .filter(({ type }) => type === "online" || type === "visibilitychange");
  const server = playServer();
  setConfig({ ...acme, maxReconnectAttempts: 0 });
  const page = await mountReact(createElement(makeUser().User), true);
  await server.greet();
  await act(async () => server.current.drop());
  await act(async () => window.dispatchEvent(new Event("online")));
  expect(server.sockets).toHaveLength(2);
  await server.greet();
  document.dispatchEvent(new Event("visibilitychange"));
  expect(server.current.pings).toHaveLength(1);

  await page.unmount();
  expect(wakers(added)).toHaveLength(2);
  expect(wakers(removed)).toEqual(expect.arrayContaining(wakers(added)));
});
