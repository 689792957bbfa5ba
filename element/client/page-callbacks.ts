import { ChatError } from "./chat-error.ts";
import type { WidgetConfig } from "./config.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import type { ClientEnvironment } from "./environment.ts";
import type { ChatMessage } from "./message.ts";
import { callerCodes } from "./refusals.ts";

/** The callbacks of the configuration. One that throws is the page's matter, and stops nothing here. */
export class PageCallbacks {
  readonly #config: () => Readonly<WidgetConfig>;
  readonly #environment: ClientEnvironment;
  /** Whether the page was told that the connection stands. */
  #isConnected = false;

  constructor(config: () => Readonly<WidgetConfig>, environment: ClientEnvironment) {
    this.#config = config;
    this.#environment = environment;
  }

  connected(): void {
    this.#isConnected = true;
    this.#tell(({ onConnect }) => onConnect?.());
  }

  /** The connection is in another phase than before. */
  changed({
    phase,
    errorCode = "",
    error = "The chat server can't be reached",
  }: ConnectionStatus): void {
    if (this.#isConnected && phase !== "connected") {
      this.#isConnected = false;
      this.#tell(({ onDisconnect }) => onDisconnect?.());
    }
    if (phase === "refused" && callerCodes.has(errorCode))
      this.failed(new ChatError(errorCode, error));
    if (phase === "refused") this.failed(new ChatError("CONNECTION_REFUSED", error));
    if (phase === "exhausted") this.failed(new ChatError("CONNECTION_LOST", error));
  }

  received(message: ChatMessage): void {
    this.#tell(({ onMessage }) => onMessage?.(message));
  }

  failed(error: ChatError): void {
    this.#tell(({ onError }) => onError?.(error));
  }

  #tell(call: (config: Readonly<WidgetConfig>) => void): void {
    try {
      call(this.#config());
    } catch (error) {
      this.#environment.reportError(error);
    }
  }
}
