/** What a client needs of the world; tests bring their own. */
export interface ClientEnvironment {
  openSocket(url: string): ClientSocket;
  /** Calls back after `ms`; returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 to 1. */
  random(): number;
  newId(): string;
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

export const browserEnvironment: ClientEnvironment = {
  openSocket: (url) => new WebSocket(url),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  now: () => Date.now(),
  random: () => Math.random(),
  // crypto.randomUUID exists on secure origins only, and a host page may be plain http.
  newId: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), toHex).join(""),
  reportError: (error) => reportError(error),
};

const toHex = (byte: number) => byte.toString(16).padStart(2, "0");
