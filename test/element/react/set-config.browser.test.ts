import { act, createElement } from "react";
import { describe, expect, test, vi } from "vitest";
import type { WidgetConfig } from "../../../element/client/config.ts";
import { useWidgetStore } from "../../../element/react/react.ts";
import { authenticated, greeting, processing, userToken } from "../support/frames.ts";
import { makeUser, mountReact, playServer, waitUntil } from "./react-page.ts";

const acme: WidgetConfig = { apiUrl: "https://api.example", tenantId: "acme" };
const { setConfig, sendChatMessage } = useWidgetStore.getState();
const configure = (config: WidgetConfig | null) => act(async () => setConfig(config));

describe("another configuration", () => {
  test("with a fresh token of the same user keeps the connection, and counts there", async () => {
    const server = playServer();
    const [old, fresh] = [userToken("ann", "1"), userToken("ann", "2")];
    setConfig({ ...acme, token: old });
    await mountReact(createElement(makeUser().User));
    await act(async () => server.current.push(greeting({ user_id: "user_ann" })));
    await act(async () => sendChatMessage("What?"));
    await configure({ ...acme, token: fresh });
    expect(server.sockets).toHaveLength(1);
    expect(server.current.auths).toEqual([{ token: fresh }]);
    await act(async () => server.current.push(authenticated("user_ann")));
    expect(useWidgetStore.getState().messages).toHaveLength(1);
  });

  test("with another user's token, or none, begins anew in the same store", async () => {
    const server = playServer();
    setConfig({ ...acme, token: userToken("ann") });
    await mountReact(createElement(makeUser().User));
    await act(async () => server.current.push(greeting({ user_id: "user_ann" })));
    await act(async () => sendChatMessage("Ann's?"));
    await configure({ ...acme, token: userToken("bob") });
    expect(useWidgetStore.getState()).toMatchObject({ messages: [], currentChat: null });
    await act(async () => server.current.push(greeting({ user_id: "user_bob" })));
    await act(async () => sendChatMessage("Bob's?"));
    await configure(acme);
    expect(useWidgetStore.getState()).toMatchObject({ messages: [], currentChat: null });
    expect(server.sockets.map(({ proofs }) => Object.keys(proofs))).toEqual([
      ["token"],
      ["token"],
      [],
    ]);
  });

  test("with a provider is asked by authenticate, and not by each rendering", async () => {
    const server = playServer();
    const tokenProvider = vi.fn(() => userToken("ann"));
    setConfig({ ...acme, tokenProvider });
    await mountReact(createElement(makeUser().User));
    await waitUntil(() => expect(server.current.proofs).toEqual({ token: userToken("ann") }));
    await act(async () => server.current.push(greeting({ user_id: "user_ann" })));
    const other = vi.fn(() => userToken("ann", "2"));
    await configure({ ...acme, tokenProvider: other });
    expect([tokenProvider.mock.calls.length, other.mock.calls.length]).toEqual([1, 0]);
    await act(async () => useWidgetStore.getState().authenticate());
    expect(server.current.auths).toEqual([{ token: userToken("ann", "2") }]);
  });

  test.each<[string, WidgetConfig]>([
    ["tenant", { ...acme, tenantId: "other" }],
    ["API", { ...acme, apiUrl: "https://other.example" }],
    ["user label", { ...acme, userId: "u-2" }],
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
