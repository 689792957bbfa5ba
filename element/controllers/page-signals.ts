import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Listens for what the page knows of the network: back online, and looked at again. */
export class PageSignals implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #onWake: () => void;

  /** @param onWake is called when a lost connection may well succeed now. */
  constructor(host: ReactiveControllerHost, onWake: () => void) {
    this.#host = host;
    this.#onWake = onWake;
    host.addController(this);
  }

  get isOnline(): boolean {
    return navigator.onLine;
  }

  hostConnected(): void {
    window.addEventListener("online", this.#handleOnline);
    window.addEventListener("offline", this.#handleOffline);
    document.addEventListener("visibilitychange", this.#handleVisibility);
  }

  hostDisconnected(): void {
    window.removeEventListener("online", this.#handleOnline);
    window.removeEventListener("offline", this.#handleOffline);
    document.removeEventListener("visibilitychange", this.#handleVisibility);
  }

  #handleOnline = (): void => {
    this.#host.requestUpdate();
    this.#onWake();
  };

  #handleOffline = (): void => this.#host.requestUpdate();

  #handleVisibility = (): void => {
    if (document.visibilityState === "visible") this.#onWake();
  };
}
