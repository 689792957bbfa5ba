import { afterEach, vi } from "vitest";
import type { MiptechChat } from "../../../element/miptech-chat.ts";
import "../../../element/widget.ts";
import { createFakeRest, type FakeRest } from "./fake-rest.ts";
import { createFakeServer, type FakeServer, type FakeSocket } from "./fake-server.ts";
import { greeting, processing } from "./frames.ts";

export interface ChatPage {
  readonly chat: MiptechChat;
  readonly server: FakeServer;
  readonly rest: FakeRest;
  /** The one element in the chat's shadow tree. @throws Error when there is none */
  readonly find: <Type extends HTMLElement = HTMLElement>(selector: string) => Type;
  readonly findAll: (selector: string) => HTMLElement[];
  /** The text of the one element, its white space as it shows. */
  readonly textOf: (selector: string) => string;
  /** Greets the newest connection. */
  readonly greet: () => Promise<FakeSocket>;
  /** Writes into the composer and sends it; the server takes it. */
  readonly ask: (question?: string) => Promise<FakeSocket>;
  /** Resolves when the chat has rendered. */
  readonly rendered: () => Promise<void>;
  /** Resolves when the chat shows that many of them; for what comes over REST. */
  readonly shows: (selector: string, count?: number) => Promise<void>;
  /** What has the focus in the chat. */
  readonly focused: () => Element | null;
}

/** Replaces the browser's WebSocket until the end of the test. */
export function stubWebSocket(): FakeServer {
  const server = createFakeServer();
  function FakeWebSocket(url: string, protocols: readonly string[]): FakeSocket {
    return server.open(url, protocols);
  }
  vi.stubGlobal("WebSocket", FakeWebSocket);
  return server;
}

/** Replaces the browser's fetch until the end of the test. */
export function stubFetch(): FakeRest {
  const rest = createFakeRest();
  vi.stubGlobal("fetch", rest.fetch);
  return rest;
}

/** Puts a chat on the page; after the test it is taken away. */
export async function mountChat(
  attributes: Readonly<Record<string, string>> = {},
  server = stubWebSocket(),
  rest = stubFetch(),
): Promise<ChatPage> {
  const chat = document.createElement("miptech-chat");
  const given = { "tenant-id": "acme", "api-url": "https://api.example", ...attributes };
  for (const [name, value] of Object.entries(given)) chat.setAttribute(name, value);
  document.body.append(chat);
  const rendered = async () => {
    // What was rendered may ask for more: the end of a scroll, a new announcement.
    while (!(await chat.updateComplete));
  };
  await rendered();

  const findAll = (selector: string) => [
    ...chat.renderRoot.querySelectorAll<HTMLElement>(selector),
  ];
  const find: ChatPage["find"] = (selector) => {
    const found = chat.renderRoot.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`There is no ${selector}`);
    // The caller knows which element its selector names.
    return found as never;
  };
  const textOf = (selector: string) => find(selector).textContent.trim().replaceAll(/\s+/g, " ");
  const greet = async () => {
    server.current.push(greeting());
    await rendered();
    return server.current;
  };
  const ask = async (question = "What is a tenant?") => {
    chat.ask(question);
    const socket = server.current;
    socket.push(processing(socket.questions.at(-1)?.client_message_id));
    await rendered();
    return socket;
  };
  const shows = async (selector: string, count = 1) => {
    await vi.waitUntil(() => findAll(selector).length === count);
    await rendered();
  };
  const focused = () => chat.shadowRoot?.activeElement ?? null;
  return { chat, server, rest, find, findAll, textOf, greet, ask, rendered, shows, focused };
}

afterEach(() => {
  for (const chat of document.querySelectorAll("miptech-chat")) chat.remove();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  localStorage.clear();
  sessionStorage.clear();
});
