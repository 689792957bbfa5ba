import type { ChatError } from "./chat-error.ts";
import type { WidgetConfig } from "./config.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import { explainBlockedRequest, explainRefusal, explainSilence } from "./diagnosis.ts";
import type { ClientEnvironment } from "./environment.ts";

/** Tells the page's developer, once for each fault, what keeps the chat from working. */
export class Advice {
  readonly #config: () => Readonly<WidgetConfig>;
  readonly #environment: ClientEnvironment;
  readonly #given = new Set<string>();
  #wasConnected = false;

  constructor(config: () => Readonly<WidgetConfig>, environment: ClientEnvironment) {
    this.#config = config;
    this.#environment = environment;
  }

  receiveStatus(status: ConnectionStatus): void {
    const { phase, errorCode } = status;
    const { pageOrigin } = this.#environment;
    if (phase === "connected") this.#wasConnected = true;
    if (phase === "refused") this.#give(explainRefusal(this.#config(), status, pageOrigin));
    const isSilent = !this.#wasConnected && errorCode === undefined;
    if (isSilent && (phase === "waiting" || phase === "exhausted"))
      this.#give(explainSilence(this.#config()));
  }

  /** A request has failed while the connection stands. */
  receiveFailure({ code }: ChatError): void {
    if (code === "UNREACHABLE")
      this.#give(explainBlockedRequest(this.#config(), this.#environment.pageOrigin));
  }

  #give(text: string): void {
    if (this.#given.has(text)) return;
    this.#given.add(text);
    this.#environment.explain(text);
  }
}
