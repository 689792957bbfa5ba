import type { ClientFrame, ServerFrame } from "../../api/ws/protocol.ts";
import { backoffDelay } from "./backoff.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import type { ClientEnvironment, ClientSocket } from "./environment.ts";
import {
  farewellOf,
  farewellTo,
  reasonOf,
  silentProvider,
  stayAway,
  type Farewell,
} from "./farewell.ts";
import { logFrame } from "./frame-log.ts";
import type { PageSignal } from "./page-signals.ts";
import { callerCodes, normalCode, refusalCodes, restartCode, unprovingFrames } from "./refusals.ts";
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

/** One socket at a time, opened again after a loss with back-off and full jitter, until told to stop. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #environment: ClientEnvironment;
  #status: ConnectionStatus = { phase: "disconnected", attempts: 0 };
  #socket: ClientSocket | undefined;
  /** The attempt that has no socket yet. */
  #opening: object | undefined;
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

  /** Whether there is a socket, or will be one in a moment. */
  get isOpen(): boolean {
    return this.#socket !== undefined || this.#opening !== undefined;
  }

  /** Opens a socket now, unless one is open or opening; forgets earlier failures. */
  connect(): void {
    if (!this.isOpen) this.#attempt(0);
  }

  /** Closes for good: no socket, timer, listener or attempt is left. */
  disconnect(): void {
    this.#release();
    this.#end();
  }

  /** Something else is to be shown: a socket and a refusal are of no more use. */
  replace(): void {
    if (this.#socket || this.#status.phase === "refused") this.reopen();
  }

  /** Ends what there is of a connection and begins anew at once. */
  reopen(): void {
    this.#drop(normalCode);
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
    const reason = attempts > 0 && error ? { error, ...(errorCode ? { errorCode } : {}) } : {};
    const opening = (this.#opening = {});
    this.#startTimer(timing.handshake, () => {
      if (this.#opening) this.#farewell = silentProvider;
      this.#lose(1006);
    });
    this.#change({ phase: "connecting", attempts, ...reason });
    void this.#open(() => this.#opening === opening);
  }

  /** Runs through at once unless the page has to be waited for. @param isWanted nothing has come between */
  async #open(isWanted: () => boolean): Promise<void> {
    if (!isWanted()) return;
    try {
      const offer = this.#options.offer();
      const { url, protocols } = offer instanceof Promise ? await offer : offer;
      if (!isWanted()) return;
      const socket = this.#environment.openSocket(url, protocols);
      this.#opening = undefined;
      this.#socket = socket;
      socket.onmessage = (event) => this.#receive(event.data);
      socket.onclose = (event) => this.#lose(event.code);
    } catch (cause) {
      if (isWanted()) this.#fail(cause);
    }
  }

  /** No socket could be opened. */
  #fail(cause: unknown): void {
    this.#farewell = farewellTo(cause);
    if (this.#farewell.code === silentProvider.code) return this.#lose(1006);
    const { attempts } = this.#status;
    const reason = reasonOf(this.#farewell);
    this.#release();
    this.#change({
      phase: "refused",
      attempts,
      closeCode: reason.errorCode ? 4401 : 4400,
      ...reason,
    });
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
    } else {
      this.#farewell = farewellOf(frame) ?? this.#farewell;
    }
  }

  #heard(frame: ServerFrame): void {
    this.#heardAt = this.#environment.now();
    if (this.#isPinged) this.#watch();
    const farewell = farewellOf(frame);
    this.#farewell = callerCodes.has(farewell?.code ?? "") ? farewell : undefined;
    // What is said of credentials proves nothing: one that only lives as long as they do comes back ever later.
    if (unprovingFrames.has(frame.type)) return;
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
    const wasGood = this.isConnected;
    const farewell = this.#farewell;
    this.#drop(closeCode);
    let reason = reasonOf(farewell);
    if (refusalCodes.has(closeCode)) {
      if (closeCode !== 4401 || !this.#options.mayRetryRefusal(farewell?.code))
        return this.#change({ phase: "refused", attempts, closeCode, ...reason });
      if (!wasGood) return this.#attempt(attempts);
      // Not shown: what was refused is not what comes next.
      reason = {};
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
    this.#opening = undefined;
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
