import { ChatClient } from "../../../element/client/chat-client.ts";
import type { WidgetConfig } from "../../../element/client/config.ts";
import type { ClientEnvironment } from "../../../element/client/environment.ts";
import type { ClientStorage, PendingQuestion } from "../../../element/client/storage.ts";
import { createManualClock, type ManualClock } from "../../support/clock.ts";
import { createFakeRest, type FakeRest } from "./fake-rest.ts";
import { createFakeServer, type FakeServer, type FakeSocket } from "./fake-server.ts";
import { greeting } from "./frames.ts";

/** What the pages of one browser share. */
interface Browser {
  readonly server: FakeServer;
  readonly rest: FakeRest;
  readonly clock: ManualClock;
  readonly tokens: { visitor: string | undefined };
  readonly last: { chatId: string | undefined };
  readonly channels: Set<{ name: string; hear: (data: unknown) => void }>;
  readonly ids: { count: number };
}

/** What a tab keeps over a reload. */
interface Tab {
  readonly name: string;
  chatId: string | undefined;
  pending: PendingQuestion | undefined;
}

export interface ClientBench extends Pick<Browser, "server" | "rest" | "clock" | "tokens"> {
  readonly client: ChatClient;
  readonly config: WidgetConfig;
  readonly tab: Tab;
  /** What the callbacks were told, in order. */
  readonly told: string[];
  /** What callbacks threw. */
  readonly thrown: unknown[];
  /** What the page's developer was told. */
  readonly advice: string[];
  /** How many channels to other tabs are open in the whole browser. */
  readonly channels: number;
  /** Another page of the site says something to this one. */
  post(...messages: unknown[]): void;
  /** Connects, and is greeted. */
  open(): FakeSocket;
  /** Lets the back-off pass and greets the new connection. */
  reopen(): FakeSocket;
  /** The page goes and comes back: another client of the same tab. */
  reload(): ClientBench;
  /** Another tab of the same browser. */
  openTab(): ClientBench;
}

/** A client whose world stands still until a test moves it. Ids are "id-1", "id-2" …; jitter is at its most. */
export function createClientBench(overrides: Partial<WidgetConfig> = {}): ClientBench {
  const browser: Browser = {
    server: createFakeServer(),
    rest: createFakeRest(),
    clock: createManualClock(),
    tokens: { visitor: undefined },
    last: { chatId: undefined },
    channels: new Set(),
    ids: { count: 0 },
  };
  return openPage(browser, { name: "tab-1", chatId: undefined, pending: undefined }, overrides);
}

function openPage(browser: Browser, tab: Tab, overrides: Partial<WidgetConfig>): ClientBench {
  const { server, clock, rest, tokens } = browser;
  const told: string[] = [];
  const thrown: unknown[] = [];
  const advice: string[] = [];
  const config: WidgetConfig = {
    apiUrl: "https://api.example",
    tenantId: "acme",
    onConnect: () => told.push("connect"),
    onDisconnect: () => told.push("disconnect"),
    onMessage: ({ role }) => told.push(`message:${role}`),
    onError: (error) => told.push(`error:${"code" in error ? String(error.code) : "?"}`),
    ...overrides,
  };
  const environment: ClientEnvironment = {
    openSocket: server.open,
    fetch: rest.fetch,
    openChannel: (name, hear) => openChannel(browser.channels, name, hear),
    after: (ms, run) => clock.after(ms, run),
    now: () => clock.now(),
    random: () => 1,
    newId: () => `id-${(browser.ids.count += 1)}`,
    pageOrigin: "https://site.example",
    explain: (text) => void advice.push(text),
    reportError: (error) => void thrown.push(error),
  };
  const client = new ChatClient(() => config, { environment, storage: storageOf(browser, tab) });
  const greet = () => {
    server.current.push(greeting());
    return server.current;
  };
  return {
    client,
    server,
    rest,
    clock,
    config,
    tab,
    told,
    thrown,
    advice,
    tokens,
    get channels() {
      return browser.channels.size;
    },
    post(...messages) {
      for (const { hear } of browser.channels) for (const message of messages) hear(message);
    },
    open() {
      client.connect();
      return greet();
    },
    reopen() {
      const before = server.sockets.length;
      while (server.sockets.length === before && clock.next());
      return greet();
    },
    reload() {
      client.disconnect();
      return openPage(browser, tab, overrides);
    },
    openTab() {
      const number = browser.ids.count + 1;
      return openPage(
        browser,
        { name: `tab-${number}`, chatId: undefined, pending: undefined },
        overrides,
      );
    },
  };
}

function storageOf({ tokens, last }: Browser, tab: Tab): ClientStorage {
  return {
    clientId: () => tab.name,
    visitorToken: () => tokens.visitor,
    saveVisitorToken: (token) => (tokens.visitor = token),
    dropVisitorToken: () => (tokens.visitor = undefined),
    chatId: () => (tab.chatId ?? last.chatId) || undefined,
    saveChatId: (id) => (tab.chatId = last.chatId = id ?? ""),
    pendingQuestion: () => tab.pending,
    savePendingQuestion: (question) => (tab.pending = question),
  };
}

/** As BroadcastChannel: everyone hears but who speaks. */
function openChannel(
  channels: Browser["channels"],
  name: string,
  hear: (data: unknown) => void,
): ReturnType<ClientEnvironment["openChannel"]> {
  const own = { name, hear };
  channels.add(own);
  return {
    post(data) {
      const others = [...channels].filter((channel) => channel !== own && channel.name === name);
      for (const other of others) other.hear(structuredClone(data));
    },
    close: () => void channels.delete(own),
  };
}
