import type { ClientFrame, ServerFrame } from "../../../api/ws/protocol.ts";
import type { ClientSocket } from "../../../element/client/environment.ts";

/** The client's end of a connection, whose other end is played by the test. */
export class FakeSocket extends EventTarget implements ClientSocket {
  readonly url: URL;
  readonly protocols: readonly string[];
  readyState = 0;
  onmessage: ClientSocket["onmessage"] = null;
  onclose: ClientSocket["onclose"] = null;
  /** What the client sent, in order. */
  readonly received: ClientFrame[] = [];
  /** The code with which the client closed. */
  closedWith: number | undefined;
  onFrame: ((frame: ClientFrame) => void) | undefined;

  constructor(url: string, protocols: readonly string[]) {
    super();
    this.url = new URL(url);
    this.protocols = protocols;
  }

  /** What was shown in the handshake: `token`, `key`, `visitor`. */
  get proofs(): Readonly<Record<string, string>> {
    const proofs = this.protocols.filter((name) => name !== "miptech.v1");
    return Object.fromEntries(
      proofs.map((name) => name.split(/^miptech\.(\w+)\./).slice(1) as [string, string]),
    );
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    this.received.push(frame);
    this.onFrame?.(frame);
  }

  close(code?: number): void {
    if (this.readyState >= 2) return;
    this.readyState = 3;
    this.closedWith = code;
  }

  /** The server sends frames. */
  push(...frames: ServerFrame[]): void {
    this.readyState = 1;
    for (const frame of frames) this.pushText(JSON.stringify(frame));
  }

  pushText(data: unknown): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }

  /** The connection ends without the client's doing. */
  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.(Object.assign(new Event("close"), { code, reason: "", wasClean: false }));
  }

  get questions() {
    return this.received.flatMap((frame) => (frame.type === "chat_message" ? [frame.data] : []));
  }

  get resumes() {
    return this.received.flatMap((frame) => (frame.type === "resume" ? [frame.data] : []));
  }

  get cancels() {
    return this.received.flatMap((frame) => (frame.type === "cancel" ? [frame.data] : []));
  }

  get ratings() {
    return this.received.flatMap((frame) => (frame.type === "feedback" ? [frame.data] : []));
  }

  get auths() {
    return this.received.flatMap((frame) => (frame.type === "auth" ? [frame.data] : []));
  }

  get pings() {
    return this.received.filter(({ type }) => type === "ping");
  }
}

export interface FakeServer {
  /** Every connection ever opened, oldest first. */
  readonly sockets: FakeSocket[];
  /** The newest connection. */
  readonly current: FakeSocket;
  readonly open: (url: string, protocols: readonly string[]) => FakeSocket;
  /** Resolves with the next connection that a client opens. */
  readonly next: () => Promise<FakeSocket>;
  /** Is told of each connection as it is opened, before its client listens. */
  onOpen: ((socket: FakeSocket) => void) | undefined;
}

export function createFakeServer(): FakeServer {
  const sockets: FakeSocket[] = [];
  const waiting: ((socket: FakeSocket) => void)[] = [];
  const server: FakeServer = {
    onOpen: undefined,
    sockets,
    get current() {
      const socket = sockets.at(-1);
      if (!socket) throw new Error("Nobody has connected");
      return socket;
    },
    open(url, protocols) {
      const socket = new FakeSocket(url, protocols);
      sockets.push(socket);
      for (const resolve of waiting.splice(0)) resolve(socket);
      server.onOpen?.(socket);
      return socket;
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  };
  return server;
}
