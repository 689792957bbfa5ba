import type { ChatError } from "./chat-error.ts";
import type { WidgetConfig } from "./config.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import {
  explainBlockedRequest,
  explainProvider,
  explainRefusal,
  explainSilence,
} from "./diagnosis.ts";
import type { ClientEnvironment } from "./environment.ts";

/** Tells the page's developer, once for each fault, what keeps the chat from working. */
export class Advice {
  readonly #config: () => Readonly<WidgetConfig>;
  readonly #isSignedIn: () => boolean;
  readonly #environment: ClientEnvironment;
  readonly #given = new Set<string>();
  #wasConnected = false;

  /** @param isSignedIn whether a user's token is shown. */
  constructor(
    config: () => Readonly<WidgetConfig>,
    isSignedIn: () => boolean,
    environment: ClientEnvironment,
  ) {
    this.#config = config;
    this.#isSignedIn = isSignedIn;
    this.#environment = environment;
  }

  receiveStatus(status: ConnectionStatus): void {
    const { phase, error, errorCode } = status;
    const { pageOrigin } = this.#environment;
    if (phase === "connected") this.#wasConnected = true;
    const settings = { ...this.#config(), isSignedIn: this.#isSignedIn() };
    if (phase === "refused") this.#give(explainRefusal(settings, status, pageOrigin));
    if (errorCode === "TOKEN_UNAVAILABLE") this.#give(explainProvider(error));
    const isSilent = !this.#wasConnected && errorCode === undefined;
    if (isSilent && (phase === "waiting" || phase === "exhausted"))
      this.#give(explainSilence(this.#config()));
  }

  /** A request has failed while the connection stands, or the page gave no token for one. */
  receiveFailure({ code, message }: ChatError): void {
    if (code === "TOKEN_UNAVAILABLE") this.#give(explainProvider(message));
    if (code === "UNREACHABLE")
      this.#give(explainBlockedRequest(this.#config(), this.#environment.pageOrigin));
  }

  #give(text: string): void {
    if (this.#given.has(text)) return;
    this.#given.add(text);
    this.#environment.explain(text);
  }
}
