import type { ClientFrame, ServerFrame } from "../../api/ws/protocol.ts";
import { backoffDelay } from "./backoff.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import type { ClientEnvironment, ClientSocket } from "./environment.ts";
import { logFrame } from "./frame-log.ts";
import { defaultStayAway, normalCode, refusalCodes, tooManyCode } from "./refusals.ts";

/** Milliseconds. */
export const timing = {
  /** From opening a socket to `connection_established`. */
  handshake: 15_000,
  /** Between two pings of a quiet connection. */
  heartbeat: 25_000,
  /** How long a ping may go unanswered before the connection counts as lost. */
  silence: 8_000,
} as const;

export interface ConnectionOptions {
  /** Asked for at each attempt, so that a fresh token counts. @throws TypeError for a bad address */
  url(): string;
  maxReconnectAttempts(): number;
  /** Milliseconds. */
  reconnectInterval(): number;
  onChange(status: ConnectionStatus): void;
  onFrame(frame: ServerFrame): void;
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

  /** Closes for good: no socket, timer or attempt is left. */
  disconnect(): void {
    this.#release(normalCode);
    this.#change({ phase: "disconnected", attempts: 0 });
  }

  /** Ends what there is of a connection and begins anew at once, with what `url` says now. */
  reopen(): void {
    this.#release(normalCode);
    this.#attempt(0);
  }

  /**
   * Something speaks for a working network (it came back, the page is looked at again): a waiting or
   * given-up connection tries at once, a standing one is asked whether it still lives.
   */
  wake(): void {
    const { phase } = this.#status;
    if (phase === "waiting" || phase === "exhausted") this.connect();
    else if (phase === "connected") this.#ping();
  }

  send(frame: ClientFrame): void {
    if (!this.#socket) return;
    logFrame("→", frame);
    this.#socket.send(JSON.stringify(frame));
  }

  #attempt(attempts: number): void {
    this.#cancelTimer?.();
    this.#farewell = undefined;
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

  #receive(data: unknown): void {
    const frame = parseServerFrame(data);
    logFrame("←", frame ?? "a frame that is not understood");
    if (!frame) return;
    if (this.#status.phase === "connecting") this.#receiveHandshake(frame);
    else this.#heard(frame);
    this.#options.onFrame(frame);
  }

  #receiveHandshake(frame: ServerFrame): void {
    if (frame.type === "connection_established") {
      // The count of attempts is kept until the connection has proved itself by an answer: a server
      // that greets and hangs up must still be met with growing waits.
      this.#change({ phase: "connected", attempts: this.#status.attempts });
      this.#startTimer(timing.heartbeat, () => this.#ping());
    } else if (frame.type === "error" || frame.type === "rate_limit_exceeded") {
      const retryAfter = "retry_after" in frame.data ? frame.data.retry_after : undefined;
      const code = "error_code" in frame.data ? frame.data.error_code : "RATE_LIMIT_EXCEEDED";
      this.#farewell = { message: frame.data.message, code, retryAfter };
    }
  }

  #heard(frame: ServerFrame): void {
    this.#startTimer(timing.heartbeat, () => this.#ping());
    if (frame.type !== "error" && this.#status.attempts > 0)
      this.#change({ phase: "connected", attempts: 0 });
  }

  #ping(): void {
    this.#startTimer(timing.silence, () => this.#lose(1006));
    this.send({ type: "ping", data: {} });
  }

  /** The socket has closed, or is treated as if: a dead network tells nobody. */
  #lose(closeCode: number): void {
    const wasRefused = refusalCodes.has(closeCode);
    const { attempts } = this.#status;
    const farewell = this.#farewell;
    this.#release(normalCode);
    this.#options.onLost(closeCode);
    const reason = farewell ? { error: farewell.message, errorCode: farewell.code } : {};
    if (wasRefused && this.#options.mayRetryRefusal(closeCode)) return this.#attempt(attempts);
    if (wasRefused) return this.#change({ phase: "refused", attempts, closeCode, ...reason });
    if (closeCode === normalCode) return this.#change({ phase: "disconnected", attempts: 0 });
    if (attempts >= this.#options.maxReconnectAttempts()) {
      return this.#change({ phase: "exhausted", attempts, ...reason });
    }
    this.#wait(attempts + 1, closeCode === tooManyCode ? stayAway(farewell) : 0, reason);
  }

  #wait(attempts: number, atLeast: number, reason: Partial<ConnectionStatus>): void {
    const jitter = backoffDelay(
      attempts,
      this.#options.reconnectInterval(),
      this.#environment.random(),
    );
    this.#startTimer(atLeast + jitter, () => this.#attempt(attempts));
    this.#change({ phase: "waiting", attempts, ...reason });
  }

  /** There is one timer: what it waits for follows from the phase. */
  #startTimer(ms: number, callback: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#environment.after(ms, callback);
  }

  #release(closeCode: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close(closeCode);
  }

  #change(status: ConnectionStatus): void {
    this.#status = status;
    this.#options.onChange(status);
  }
}

function stayAway(farewell: Farewell | undefined): number {
  return farewell?.retryAfter === undefined ? defaultStayAway : farewell.retryAfter * 1000;
}

/** Undefined for what isn't a frame. What is in `data` is trusted: it comes from our own server. */
function parseServerFrame(text: unknown): ServerFrame | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isFrame(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isFrame(value: unknown): value is ServerFrame {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    "data" in value &&
    typeof value.data === "object" &&
    value.data !== null
  );
}
