import { act, createElement } from "react";
import { describe, expect, test, vi } from "vitest";
import type { WidgetConfig } from "../../../element/client/config.ts";
import { useWidgetStore } from "../../../element/react/react.ts";
import { processing } from "../support/frames.ts";
import { makeUser, mountReact, playServer } from "./react-page.ts";

const acme: WidgetConfig = { apiUrl: "https://api.example", tenantId: "acme" };
const { setConfig, sendChatMessage } = useWidgetStore.getState();
const configure = (config: WidgetConfig | null) => act(async () => setConfig(config));
const tokenOf = (url: URL) => url.searchParams.get("token");

describe("another configuration", () => {
  test("with a fresh token keeps the connection, and counts from the next one on", async () => {
    const server = playServer();
    setConfig({ ...acme, token: "old", reconnectInterval: 0 });
    await mountReact(createElement(makeUser().User));
    await server.greet();
    await configure({ ...acme, token: "new", reconnectInterval: 0 });
    expect(server.sockets).toHaveLength(1);
    const again = server.next();
    await act(async () => server.current.drop());
    expect(tokenOf((await again).url)).toBe("new");
  });

  test.each<[string, WidgetConfig]>([
    ["tenant", { ...acme, tenantId: "other" }],
    ["API", { ...acme, apiUrl: "https://other.example" }],
    ["user", { ...acme, userId: "u-2" }],
    ["sign-in", { ...acme, token: "signed-in" }],
  ])("of another %s is another chat, and the old one hears nothing more", async (_, next) => {
    const server = playServer();
    const [onDisconnect, onOther] = [vi.fn(), vi.fn()];
    setConfig({ ...acme, onDisconnect });
    await mountReact(createElement(makeUser().User));
    await server.greet();
    const old = server.current;
    await act(async () => sendChatMessage("Only for the first"));

    await configure({ ...next, onDisconnect: onOther });
    expect(old.closedWith).toBe(1000);
    expect(onDisconnect).toHaveBeenCalledOnce();
    expect(onOther).not.toHaveBeenCalled();
    expect(useWidgetStore.getState()).toMatchObject({ messages: [], currentChat: null });
    await server.greet();
    expect(server.sockets).toHaveLength(2);
    expect(server.current.questions).toEqual([]);
  });

  test("of none leaves the chat", async () => {
    const server = playServer();
    setConfig(acme);
    const user = makeUser();
    await mountReact(createElement(user.User));
    await server.greet();
    await act(async () => sendChatMessage("What?"));
    await configure(null);
    expect(server.current.closedWith).toBe(1000);
    expect(useWidgetStore.getState()).toMatchObject({ config: null, messages: [] });
    expect(user.latest()?.connectionStatus).toBe("disconnected");
  });

  test("with other callbacks only has these called from then on", async () => {
    const server = playServer();
    const [first, second] = [vi.fn(), vi.fn()];
    setConfig({ ...acme, onConnect: first, onMessage: first });
    await mountReact(createElement(makeUser().User));
    await configure({ ...acme, onConnect: second, onMessage: second });
    await server.greet();
    await act(async () => sendChatMessage("What?"));
    const { questions } = server.current;
    await act(async () => server.current.push(processing(questions[0]?.client_message_id)));
    expect(first).not.toHaveBeenCalled();
    expect(second.mock.calls).toMatchObject([[], [{ role: "user", content: "What?" }]]);
    expect(server.sockets).toHaveLength(1);
  });
});
