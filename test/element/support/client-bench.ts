import { ChatClient } from "../../../element/client/chat-client.ts";
import type { WidgetConfig } from "../../../element/client/config.ts";
import type { ClientEnvironment } from "../../../element/client/environment.ts";
import type { PageSignal } from "../../../element/client/page-signals.ts";
import type { PendingQuestion } from "../../../element/client/pending-questions.ts";
import type { BrowserStore, Scope } from "../../../element/client/browser-store.ts";
import { createStorage, ownerKey } from "../../../element/client/storage.ts";
import type { TabLocks } from "../../../element/client/tab-lock.ts";
import { createManualClock, type ManualClock } from "../../support/clock.ts";
import { createFakeRest, type FakeRest } from "./fake-rest.ts";
import { createFakeServer, type FakeServer, type FakeSocket } from "./fake-server.ts";
import { greeting } from "./frames.ts";

/** What the pages of one browser share. */
interface Browser {
  readonly server: FakeServer;
  readonly rest: FakeRest;
  readonly clock: ManualClock;
  /** What all tabs share. */
  readonly stored: Map<string, string>;
  readonly channels: Set<{ name: string; hear: (data: unknown) => void }>;
  readonly ids: { count: number };
  readonly network: { isOnline: boolean };
  /** How long the machine has slept, milliseconds: the clock on the wall goes on, timers don't. */
  readonly slept: { ms: number };
  /** What hears of the network and of the page's sleep, in all pages. */
  readonly watchers: Set<(signal: PageSignal) => void>;
  readonly tabs: Set<Tab>;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** What a tab keeps over a reload. */
interface Tab {
  readonly name: string;
  readonly stored: Map<string, string>;
  /** The locks that its page holds. */
  readonly locks: Set<string>;
  isClosed: boolean;
}

/** What is kept of one reader. */
interface Kept {
  chatId: string | undefined;
  pending: readonly PendingQuestion[];
}

export interface BenchOptions {
  /** Default: always 1, so that jitter is at its most. */
  readonly random?: () => number;
}

export interface ClientBench extends Pick<Browser, "server" | "rest" | "clock"> {
  readonly client: ChatClient;
  readonly config: WidgetConfig;
  /** What the tab keeps of the visitor, and of each user. */
  readonly tab: Kept & { readonly name: string; user(id: string): Kept };
  /** The visitor's, and that of the visitor whom a user has yet to claim. */
  readonly tokens: { visitor: string | undefined; unclaimed(user: string): string | undefined };
  /** What the callbacks were told, in order. */
  readonly told: string[];
  /** What callbacks threw. */
  readonly thrown: unknown[];
  /** What the page's developer was told. */
  readonly advice: string[];
  /** How many channels to other tabs are open in the whole browser. */
  readonly channels: number;
  /** What listens to the network and to the page's sleep, in the whole browser. */
  readonly watchers: number;
  /** The machine sleeps: no timer runs, and when it wakes the time has moved on. */
  sleep(ms: number): void;
  /** Every page of the browser gets that signal; "offline" and "online" are true then. */
  signal(signal: PageSignal): void;
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
  /** The tab is closed; nothing of it is told. */
  close(): void;
}

/** A client whose world stands still until a test moves it. Ids are "id-1", "id-2" … */
export function createClientBench(
  overrides: Partial<WidgetConfig> = {},
  { random = () => 1 }: BenchOptions = {},
): ClientBench {
  const browser: Browser = {
    server: createFakeServer(),
    rest: createFakeRest(),
    clock: createManualClock(),
    stored: new Map(),
    channels: new Set(),
    ids: { count: 0 },
    network: { isOnline: true },
    slept: { ms: 0 },
    watchers: new Set(),
    tabs: new Set(),
    random,
  };
  return openPage(browser, addTab(browser, 1), overrides);
}

function addTab({ tabs }: Browser, number: number): Tab {
  const name = `tab-${number}`;
  const tab: Tab = { name, stored: new Map(), locks: new Set(), isClosed: false };
  tabs.add(tab);
  return tab;
}

function openPage(browser: Browser, tab: Tab, overrides: Partial<WidgetConfig>): ClientBench {
  const { server, clock, rest } = browser;
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
    watchPage(hear) {
      // Each page has its own, though the function be the same.
      const watcher = (signal: PageSignal) => hear(signal);
      browser.watchers.add(watcher);
      return () => void browser.watchers.delete(watcher);
    },
    isOnline: () => browser.network.isOnline,
    after: (ms, run) => clock.after(ms, run),
    now: () => clock.now() + browser.slept.ms,
    random: browser.random,
    newId: () => `id-${(browser.ids.count += 1)}`,
    pageOrigin: "https://site.example",
    explain: (text) => void advice.push(text),
    reportError: (error) => void thrown.push(error),
  };
  // As the browser's own: the tab's name is its id.
  tab.stored.set(`miptech:client:${ownerKey(config)}||1`, tab.name);
  const store = storeOf(browser, tab);
  const storage = createStorage(
    () => config,
    () => "1",
    store,
    locksOf(browser, tab),
  );
  const client = new ChatClient(() => config, { environment, storage });
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
    tab: Object.defineProperties(
      {
        name: tab.name,
        user: (id: string) => keptOf(browser, tab, config, id),
      } as ClientBench["tab"],
      Object.getOwnPropertyDescriptors(keptOf(browser, tab, config, "")),
    ),
    tokens: {
      get visitor() {
        return browser.stored.get(`miptech:visitor:${ownerKey(config)}|`);
      },
      set visitor(token) {
        if (token !== undefined) browser.stored.set(`miptech:visitor:${ownerKey(config)}|`, token);
      },
      unclaimed: (user) => browser.stored.get(`miptech:visitor:${ownerKey(config)}|${user}`),
    },
    told,
    thrown,
    advice,
    get channels() {
      return browser.channels.size;
    },
    get watchers() {
      return browser.watchers.size;
    },
    sleep: (ms) => void (browser.slept.ms += ms),
    signal(signal) {
      if (signal === "offline" || signal === "online")
        browser.network.isOnline = signal === "online";
      for (const hear of browser.watchers) hear(signal);
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
      tab.locks.clear();
      return openPage(browser, tab, overrides);
    },
    openTab: () => openPage(browser, addTab(browser, browser.tabs.size + 1), overrides),
    close() {
      client.disconnect();
      tab.isClosed = true;
    },
  };
}

function storeOf(browser: Browser, tab: Tab): BrowserStore {
  const area = (scope: Scope) => (scope === "tab" ? tab.stored : browser.stored);
  return {
    isShared: true,
    read: (scope, name) => area(scope).get(name),
    write: (scope, name, value) => void area(scope).set(name, value),
    drop: (scope, name) => void area(scope).delete(name),
    rename(from, to) {
      const value = browser.stored.get(from);
      browser.stored.delete(from);
      if (value !== undefined) browser.stored.set(to, value);
    },
    list: (start) => [...browser.stored.keys()].filter((name) => name.startsWith(start)),
  };
}

/** As the browser's: granted to one after another, and later. */
function locksOf({ tabs, clock }: Browser, tab: Tab): TabLocks {
  return {
    create() {
      let held: string | undefined;
      return {
        hold: (name) => void tab.locks.add((held ??= name)),
        release() {
          if (held !== undefined) tab.locks.delete(held);
          held = undefined;
        },
      };
    },
    whenFree(name, run) {
      clock.after(30, () => {
        if (![...tabs].some(({ isClosed, locks }) => !isClosed && locks.has(name))) run();
      });
    },
  };
}

/** What is stored of a user, or of the visitor, whose id is "". */
function keptOf(browser: Browser, tab: Tab, config: WidgetConfig, user: string): Kept {
  const place = `${ownerKey(config)}|${user}|1`;
  return {
    get chatId() {
      return tab.stored.get(`miptech:chat:${place}`);
    },
    set chatId(id) {
      if (id !== undefined) tab.stored.set(`miptech:chat:${place}`, id);
    },
    get pending() {
      return JSON.parse(browser.stored.get(`miptech:pending:${place}|${tab.name}`) ?? "[]");
    },
    set pending(questions) {
      browser.stored.set(`miptech:pending:${place}|${tab.name}`, JSON.stringify(questions));
    },
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
