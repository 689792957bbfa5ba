import { ChatClient } from "../../../element/client/chat-client.ts";
import type { WidgetConfig } from "../../../element/client/config.ts";
import type { ClientStorage } from "../../../element/client/storage.ts";
import { createManualClock, type ManualClock } from "../../support/clock.ts";
import { createFakeServer, type FakeServer, type FakeSocket } from "./fake-server.ts";
import { greeting } from "./frames.ts";

export interface ClientBench {
  readonly client: ChatClient;
  readonly server: FakeServer;
  readonly clock: ManualClock;
  readonly config: WidgetConfig;
  /** What the callbacks were told, in order. */
  readonly told: string[];
  /** What callbacks threw. */
  readonly thrown: unknown[];
  readonly tokens: { visitor: string | undefined };
  /** Connects, and is greeted. */
  open(): FakeSocket;
  /** Lets the back-off pass and greets the new connection. */
  reopen(): FakeSocket;
}

/** A client whose world stands still until a test moves it. Ids are "id-1", "id-2" …; jitter is at its most. */
export function createClientBench(overrides: Partial<WidgetConfig> = {}): ClientBench {
  const server = createFakeServer();
  const clock = createManualClock();
  const told: string[] = [];
  const thrown: unknown[] = [];
  const tokens: ClientBench["tokens"] = { visitor: undefined };
  const config: WidgetConfig = {
    apiUrl: "https://api.example",
    tenantId: "acme",
    onConnect: () => told.push("connect"),
    onDisconnect: () => told.push("disconnect"),
    onMessage: ({ role }) => told.push(`message:${role}`),
    onError: (error) => told.push(`error:${"code" in error ? String(error.code) : "?"}`),
    ...overrides,
  };
  const storage: ClientStorage = {
    clientId: () => "tab-1",
    visitorToken: () => tokens.visitor,
    saveVisitorToken: (token) => (tokens.visitor = token),
    dropVisitorToken: () => (tokens.visitor = undefined),
  };
  let ids = 0;
  const environment = {
    openSocket: server.open,
    after: (ms: number, run: () => void) => clock.after(ms, run),
    now: () => clock.now(),
    random: () => 1,
    newId: () => `id-${(ids += 1)}`,
    reportError: (error: unknown) => void thrown.push(error),
  };
  const client = new ChatClient(() => config, { environment, storage });
  const greet = () => {
    server.current.push(greeting());
    return server.current;
  };
  return {
    client,
    server,
    clock,
    config,
    told,
    thrown,
    tokens,
    open() {
      client.connect();
      return greet();
    },
    reopen() {
      const before = server.sockets.length;
      while (server.sockets.length === before && clock.next());
      return greet();
    },
  };
}
