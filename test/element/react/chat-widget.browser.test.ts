import { act, createElement, createRef, StrictMode, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import {
  ChatWidget,
  type ChatWidgetProps,
  type MiptechChat,
} from "../../../element/react/react.ts";
import { chunk, complete, failure, processing, start } from "../support/frames.ts";
import { mountReact, playServer, waitUntil } from "./react-page.ts";

const acme: ChatWidgetProps = { apiUrl: "https://api.example", tenantId: "acme" };

/** Renders it and waits until the element stands. */
async function mountWidget(props: Partial<ChatWidgetProps> = {}, children?: ReactNode) {
  const ref = createRef<MiptechChat>();
  const make = (more: Partial<ChatWidgetProps>) =>
    createElement(ChatWidget, { ...acme, ...props, ...more, ref }, children);
  const page = await mountReact(make({}), true);
  await waitUntil(() => expect(ref.current).not.toBeNull());
  const chat = ref.current;
  if (!chat) throw new Error("There is no element");
  await chat.updateComplete;
  return {
    ...page,
    ref,
    chat,
    change: (more: Partial<ChatWidgetProps>) => page.render(make(more)),
  };
}

// First in this file: the element can be defined only once.
test("the element's code comes when the first one is rendered, not before, and not on a server", async () => {
  const server = playServer();
  expect(renderToString(createElement(ChatWidget, acme))).toBe("");
  expect(customElements.get("miptech-chat")).toBeUndefined();
  const { chat, unmount, ref } = await mountWidget({ token: "t-1" });
  expect(customElements.get("miptech-chat")).toBe(chat.constructor);
  expect(server.sockets).toHaveLength(1);
  expect(server.current.url.searchParams.get("tenant_id")).toBe("acme");
  expect(server.current.proofs).toEqual({ token: "t-1" });
  expect(chat.outerHTML).not.toContain("t-1");
  await unmount();
  expect(server.current.closedWith).toBe(1000);
  expect(ref.current).toBeNull();
});

test("what the server rendered is taken over without a complaint", async () => {
  playServer();
  const complaints = vi.spyOn(console, "error");
  const container = document.body.appendChild(document.createElement("div"));
  const node = createElement(StrictMode, null, createElement(ChatWidget, acme));
  container.innerHTML = renderToString(node);
  const { hydrateRoot } = await import("react-dom/client");
  const root = await act(async () => hydrateRoot(container, node));
  await waitUntil(() => expect(container.querySelector("miptech-chat")).not.toBeNull());
  await act(async () => root.unmount());
  container.remove();
  expect(complaints).not.toHaveBeenCalled();
});

test("every setting reaches the element, and what is taken away has its default again", async () => {
  playServer();
  const settings = {
    userId: "u-1",
    token: "t-1",
    tokenProvider: () => null,
    apiKey: "pk_1",
    theme: "dark",
    autoConnect: false,
    maxReconnectAttempts: 2,
    reconnectInterval: 100,
    mode: "inline",
    heading: "Help",
    greeting: "Hi",
    suggestions: ["One?", "Two?"],
    onConnect: () => undefined,
    onDisconnect: () => undefined,
    onMessage: () => undefined,
    onError: () => undefined,
  } as const satisfies Partial<ChatWidgetProps>;
  const { chat, render } = await mountWidget(settings);
  expect(chat).toMatchObject({ ...acme, ...settings });

  await render(createElement(ChatWidget, acme));
  const fresh = document.createElement("miptech-chat");
  for (const name of Object.keys(settings)) {
    expect([name, Reflect.get(chat, name)]).toEqual([name, Reflect.get(fresh, name)]);
  }
});

test("autoConnect: false opens nothing", async () => {
  const server = playServer();
  const { chat } = await mountWidget({ autoConnect: false });
  expect(server.sockets).toEqual([]);
  chat.connect();
  expect(server.sockets).toHaveLength(1);
});

test("callbacks are those of the latest rendering", async () => {
  const server = playServer();
  const [early, late] = [vi.fn(), vi.fn()];
  const { chat, change } = await mountWidget({ onMessage: early, onConnect: early });
  await change({
    onConnect: () => late("connect"),
    onDisconnect: () => late("disconnect"),
    onMessage: ({ role, status }) => late(role, status),
    onError: ({ message }) => late(message),
  });
  await server.greet();
  chat.ask("What?");
  const socket = server.current;
  socket.push(processing(socket.questions[0]?.client_message_id), start(), failure());
  socket.drop(1000);
  expect(early).not.toHaveBeenCalled();
  expect(late.mock.calls).toEqual([
    ["connect"],
    ["user", "sent"],
    ["assistant", "error"],
    ["The model stopped answering"],
    ["disconnect"],
  ]);
});

test("a panel that the reader has opened stays open, whatever is rendered around it", async () => {
  playServer();
  const { chat, change } = await mountWidget({ open: false });
  chat.show();
  await change({ heading: "Other" });
  expect(chat.open).toBe(true);
  await change({ open: true });
  await change({ open: false });
  expect(chat.open).toBe(false);
});

test("another tenant is another chat in the same element", async () => {
  const server = playServer();
  const { chat, change, ref } = await mountWidget();
  await server.greet();
  chat.ask("What?");
  const socket = server.current;
  socket.push(
    processing(socket.questions[0]?.client_message_id),
    start(),
    chunk("A", 0),
    complete(),
  );
  await change({ tenantId: "other" });
  await chat.updateComplete;
  expect(ref.current).toBe(chat);
  expect(socket.closedWith).toBe(1000);
  expect(server.current.url.searchParams.get("tenant_id")).toBe("other");
  expect(chat.state.messages).toEqual([]);
});

test("attributes, handlers and slots are the element's", async () => {
  playServer();
  const onClick = vi.fn();
  const { chat, container } = await mountWidget(
    { id: "help", className: "corner", style: { colorScheme: "dark" }, lang: "en", onClick },
    createElement("b", { slot: "greeting" }, "Welcome"),
  );
  expect(container.innerHTML).toContain('<b slot="greeting">Welcome</b>');
  expect(chat).toMatchObject({ id: "help", className: "corner", lang: "en" });
  expect(chat.style.colorScheme).toBe("dark");
  chat.click();
  expect(onClick).toHaveBeenCalledOnce();
});
