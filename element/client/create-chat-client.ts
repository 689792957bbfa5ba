import {
  createBrowserStore,
  createTextStore,
  type StorageMode,
  type TextArea,
} from "./browser-store.ts";
import { ChatClient } from "./chat-client.ts";
import type { WidgetConfig } from "./config.ts";
import { browserEnvironment, type ClientEnvironment, type ClientSocket } from "./environment.ts";
import { createStorage } from "./storage.ts";

/** What of the world a client is to use in place of what it finds. */
export interface ChatClientOptions {
  /** Default: the global one. A Node before 22 has none: give that of the package ws. */
  readonly WebSocket?: new (url: string, protocols: string[]) => object;
  /** Default: the global one. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Where the visitor's token, the open chat and questions that wait are kept: a browser's `local` or `session`
   * storage, `none`, or an area of your own. Default `local`; without such a storage, as in Node, in memory.
   */
  readonly storage?: StorageMode | TextArea;
  /** Tells several clients of one page or program apart; asked for at each use. Default "1". */
  readonly instance?: () => string;
  /** Somebody else is there: what you show yourself of the reader before has to go, too. */
  readonly onForget?: () => void;
  /** Other parts of the world, such as clocks, for tests. */
  readonly environment?: Partial<ClientEnvironment>;
}

/**
 * A chat without a face. Nothing is connected until `connect` or the first question.
 * @param config or a function that gives it, which is asked again at each use, so that a fresh token or callback counts.
 */
export function createChatClient(
  config: Readonly<WidgetConfig> | (() => Readonly<WidgetConfig>),
  options: ChatClientOptions = {},
): ChatClient {
  const { storage = "local", instance = () => "1", onForget } = options;
  const current = typeof config === "function" ? config : () => config;
  const store =
    typeof storage === "string" ? createBrowserStore(storage) : createTextStore(storage);
  return new ChatClient(current, {
    environment: createEnvironment(options),
    storage: createStorage(current, instance, store),
    ...(onForget ? { onForget } : {}),
  });
}

function createEnvironment({
  WebSocket,
  fetch,
  environment,
}: ChatClientOptions): ClientEnvironment {
  return {
    ...browserEnvironment,
    ...(WebSocket
      ? {
          // The libraries' sockets are like the browser's, but for the types of their events.
          openSocket: (url: string, protocols: string[]) =>
            new WebSocket(url, protocols) as ClientSocket,
        }
      : {}),
    ...(fetch ? { fetch } : {}),
    ...environment,
  };
}
