import { watchPage, type PageSignal } from "./page-signals.ts";

/** What a client needs of the world; tests bring their own. */
export interface ClientEnvironment {
  openSocket(url: string, protocols: string[]): ClientSocket;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Hears what other pages of this origin post under that name. */
  openChannel(name: string, onMessage: (data: unknown) => void): ClientChannel;
  /** Hears of the network and of the page's sleep; returns what ends that. */
  watchPage(hear: (signal: PageSignal) => void): () => void;
  /** False when it is known that there is no network; a connection within the machine may work even so. */
  isOnline(): boolean;
  /** Calls back after `ms`; returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 to 1. */
  random(): number;
  /** A random UUID. */
  newId(): string;
  /** The origin of the page that the chat stands in. */
  readonly pageOrigin: string;
  /** Tells the page's developer what is wrong and where to set it right. */
  explain(text: string): void;
  /** Shows what a callback of the page threw, as if nobody had caught it. */
  reportError(error: unknown): void;
}

/** The part of the browser's WebSocket that is used. */
export interface ClientSocket {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
}

export interface ClientChannel {
  post(data: unknown): void;
  close(): void;
}

export const browserEnvironment: ClientEnvironment = {
  openSocket(url, protocols) {
    if (typeof WebSocket === "undefined")
      throw new TypeError("There is no WebSocket here: give one to createChatClient");
    return new WebSocket(url, protocols);
  },
  fetch: (url, init) => fetch(url, init),
  openChannel(name, onMessage) {
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => onMessage(data);
    return { post: (data) => channel.postMessage(data), close: () => channel.close() };
  },
  watchPage,
  isOnline: () => globalThis.navigator?.onLine !== false,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  now: () => Date.now(),
  random: () => Math.random(),
  newId: randomUuid,
  // A client can be made where there is no page, to be rendered on a server.
  get pageOrigin() {
    return globalThis.location?.origin ?? "";
  },
  explain: (text) => console.error(`miptech-chat: ${text}`),
  reportError(error) {
    if (typeof globalThis.reportError === "function") return globalThis.reportError(error);
    // Node has none: there it ends the program, as it would have without us.
    queueMicrotask(() => {
      throw error;
    });
  },
};

/** crypto.randomUUID exists on secure origins only, and a host page may be plain http. RFC 9562, version 4. */
function randomUuid(): string {
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => {
    const random = crypto.getRandomValues(new Uint8Array(1))[0] ?? 0;
    return (Number(digit) ^ (random & (15 >> (Number(digit) / 4)))).toString(16);
  });
}
