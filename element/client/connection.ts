import type { ClientFrame, ServerFrame } from "../../api/ws/protocol.ts";
import { backoffDelay } from "./backoff.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import type { ClientEnvironment, ClientSocket } from "./environment.ts";
import { logFrame } from "./frame-log.ts";
import type { PageSignal } from "./page-signals.ts";
import { defaultStayAway, normalCode, refusalCodes, restartCode, tooManyCode } from "./refusals.ts";
import { parseServerFrame } from "./server-frame.ts";

/** Milliseconds. */
export const timing = {
  /** From opening a socket to `connection_established`. */
  handshake: 15_000,
  /** Between two looks at a standing connection; a sleep of the machine shows at the next one. */
  look: 5_000,
  /** How long a connection may be quiet before it is pinged. */
  heartbeat: 25_000,
  /** How long a ping may go unanswered before the connection counts as lost. */
  silence: 8_000,
  /** Over how long the first returns to a server that restarts are spread, unless it said so. */
  restart: 1_000,
  /** Between two attempts without a network: a browser may be wrong about that. */
  offline: 60_000,
} as const;

export interface ConnectionOptions {
  /** Asked for at each attempt, so that a fresh token counts. @throws TypeError for a bad address */
  url(): string;
  maxReconnectAttempts(): number;
  /** Milliseconds. */
  reconnectInterval(): number;
  onChange(status: ConnectionStatus): void;
  onFrame(frame: ServerFrame): void;
  /** At each look at a standing connection, see `timing.look`. */
  onLook(): void;
  /** The connection is gone, with the code of its close; 1006 when nobody said why. */
  onLost(closeCode: number): void;
  /** Whether a refusal may be met by one more attempt at once, since its cause has been removed. */
  mayRetryRefusal(closeCode: number): boolean;
}

/** What the server said before it closed. */
interface Farewell {
  readonly message: string;
  readonly code: string;
  readonly retryAfter: number | undefined;
}

/** One socket at a time, opened again after a loss with back-off and full jitter, until told to stop. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #environment: ClientEnvironment;
  #status: ConnectionStatus = { phase: "disconnected", attempts: 0 };
  #socket: ClientSocket | undefined;
  #farewell: Farewell | undefined;
  #cancelTimer: (() => void) | undefined;
  #stopWatching: (() => void) | undefined;
  /** When the socket was opened, or else said something last. */
  #heardAt = 0;
  #isPinged = false;
  /** How often the server has said that it restarts, since the last connection that proved itself. */
  #restarts = 0;

  constructor(options: ConnectionOptions, environment: ClientEnvironment) {
    this.#options = options;
    this.#environment = environment;
  }

  get isConnected(): boolean {
    return this.#status.phase === "connected";
  }

  /** Opens a socket now, unless one is open or opening; forgets earlier failures. */
  connect(): void {
    if (this.#socket) return;
    this.#attempt(0);
  }

  /** Closes for good: no socket, timer, listener or attempt is left. */
  disconnect(): void {
    this.#release();
    this.#end();
  }

  /** Ends what there is of a connection and begins anew at once, with what `url` says now. */
  reopen(): void {
    this.#release();
    this.#attempt(0);
  }

  send(frame: ClientFrame): void {
    if (!this.#socket) return;
    logFrame("→", frame);
    this.#socket.send(JSON.stringify(frame));
  }

  #attempt(attempts: number): void {
    this.#cancelTimer?.();
    this.#stopWatching ??= this.#environment.watchPage((signal) => this.#hear(signal));
    this.#farewell = undefined;
    this.#heardAt = this.#environment.now();
    const { error, errorCode } = this.#status;
    try {
      const socket = this.#environment.openSocket(this.#options.url());
      this.#socket = socket;
      socket.onmessage = (event) => this.#receive(event.data);
      socket.onclose = (event) => this.#lose(event.code);
    } catch (cause) {
      // A bad address, or an insecure socket on a secure page: the browser throws instead of closing.
      const reason = cause instanceof Error ? cause.message : String(cause);
      return this.#change({ phase: "refused", attempts, error: reason, closeCode: 4400 });
    }
    this.#startTimer(timing.handshake, () => this.#lose(1006));
    const reason = attempts > 0 && error ? { error, ...(errorCode ? { errorCode } : {}) } : {};
    this.#change({ phase: "connecting", attempts, ...reason });
  }

  /**
   * What speaks for a working network lets a waiting or given-up connection try at once; a standing
   * one is asked whether it still lives. Without a network no attempts are used up.
   */
  #hear(signal: PageSignal): void {
    const { phase, attempts } = this.#status;
    if (phase === "disconnected" || phase === "refused") return;
    if (signal === "hide") return this.#rest();
    if (phase === "connected") {
      if (attempts > 0 && signal !== "offline") this.#change({ phase, attempts: 0 });
      return this.#ping();
    }
    if (signal === "offline") {
      if (phase === "waiting") this.#waitForNetwork(attempts);
      return;
    }
    // One that was being opened before the network went, or a sleep began, will never stand.
    const isFresh = this.#environment.now() - this.#heardAt < timing.silence;
    if (phase !== "connecting" || signal === "online" || !isFresh) this.reopen();
  }

  #receive(data: unknown): void {
    const frame = parseServerFrame(data);
    logFrame("←", frame ?? "a frame that is not understood");
    if (!frame) return;
    if (frame.type === "reconnect") return this.#leave(frame.data.retry_after);
    if (this.#status.phase === "connecting") this.#receiveHandshake(frame);
    else this.#heard(frame);
    this.#options.onFrame(frame);
  }

  #receiveHandshake(frame: ServerFrame): void {
    if (frame.type === "connection_established") {
      // The count of attempts is kept until the connection has proved itself by an answer: a server
      // that greets and hangs up must still be met with growing waits.
      this.#heardAt = this.#environment.now();
      this.#change({ phase: "connected", attempts: this.#status.attempts });
      this.#watch();
    } else if (frame.type === "error" || frame.type === "rate_limit_exceeded") {
      const retryAfter = "retry_after" in frame.data ? frame.data.retry_after : undefined;
      const code = "error_code" in frame.data ? frame.data.error_code : "RATE_LIMIT_EXCEEDED";
      this.#farewell = { message: frame.data.message, code, retryAfter };
    }
  }

  #heard(frame: ServerFrame): void {
    this.#heardAt = this.#environment.now();
    if (this.#isPinged) this.#watch();
    if (frame.type === "error") return;
    this.#restarts = 0;
    if (this.#status.attempts > 0) this.#change({ phase: "connected", attempts: 0 });
  }

  #watch(): void {
    this.#isPinged = false;
    this.#startTimer(timing.look, () => {
      if (this.#environment.now() - this.#heardAt >= timing.heartbeat) this.#ping();
      else this.#watch();
      this.#options.onLook();
    });
  }

  #ping(): void {
    if (this.#isPinged) return;
    this.#isPinged = true;
    this.#startTimer(timing.silence, () => this.#lose(1006));
    this.send({ type: "ping", data: {} });
  }

  /** The socket has closed, or is treated as if: a dead network tells nobody. */
  #lose(closeCode: number): void {
    if (closeCode === restartCode && this.isConnected) return this.#leave();
    const { attempts } = this.#status;
    const farewell = this.#farewell;
    this.#drop(closeCode);
    const reason = farewell ? { error: farewell.message, errorCode: farewell.code } : {};
    if (refusalCodes.has(closeCode)) {
      if (this.#options.mayRetryRefusal(closeCode)) return this.#attempt(attempts);
      return this.#change({ phase: "refused", attempts, closeCode, ...reason });
    }
    if (closeCode === normalCode) return this.#end();
    if (!this.#environment.isOnline()) return this.#waitForNetwork(attempts);
    if (attempts >= this.#options.maxReconnectAttempts()) {
      return this.#change({ phase: "exhausted", attempts, ...reason });
    }
    const jitter = this.#jitter(attempts + 1, this.#options.reconnectInterval());
    this.#wait(attempts + 1, stayAway(closeCode, farewell) + jitter, reason);
  }

  /**
   * The server restarts: not a failure, so no attempt is used up. The clients come back spread over
   * the time that it names, over more when it says so again and again.
   * @param retryAfter seconds
   */
  #leave(retryAfter = timing.restart / 1000): void {
    this.#drop(restartCode);
    this.#restarts += 1;
    this.#wait(this.#status.attempts, this.#jitter(this.#restarts, retryAfter * 1000));
  }

  /** The page is left; a socket would keep the browser from keeping the page. */
  #rest(): void {
    this.#drop(normalCode);
    this.#change({ phase: "waiting", attempts: this.#status.attempts });
  }

  #waitForNetwork(attempts: number): void {
    this.#startTimer(timing.offline, () => this.#attempt(attempts));
    this.#change({ phase: "offline", attempts });
  }

  #wait(attempts: number, ms: number, reason: Partial<ConnectionStatus> = {}): void {
    this.#startTimer(ms, () => this.#attempt(attempts));
    this.#change({ phase: "waiting", attempts, ...reason });
  }

  #jitter(attempt: number, base: number): number {
    return backoffDelay(attempt, base, this.#environment.random());
  }

  /** There is one timer: what it waits for follows from the phase. */
  #startTimer(ms: number, callback: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#environment.after(ms, callback);
  }

  #drop(closeCode: number): void {
    this.#release();
    this.#options.onLost(closeCode);
  }

  #release(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close(normalCode);
  }

  #end(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#change({ phase: "disconnected", attempts: 0 });
  }

  #change(status: ConnectionStatus): void {
    this.#status = status;
    this.#options.onChange(status);
  }
}

/** Milliseconds before which the server can't or won't have us back. */
function stayAway(closeCode: number, farewell: Farewell | undefined): number {
  const known = farewell?.retryAfter;
  if (known === undefined) return closeCode === tooManyCode ? defaultStayAway : 0;
  return known * 1000;
}
