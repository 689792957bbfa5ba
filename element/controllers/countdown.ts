import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Renders its host once a second while a moment that it shows lies ahead. */
export class Countdown implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  /** Whole seconds until `moment` (milliseconds since 1970); 0 when it has passed or there is none. */
  secondsUntil(moment: number | undefined): number {
    const left = moment === undefined ? 0 : Math.max(0, Math.ceil((moment - Date.now()) / 1000));
    if (left > 0) this.#timer ??= setTimeout(this.#tick, 1000);
    return left;
  }

  hostDisconnected(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tick = (): void => {
    this.#timer = undefined;
    this.#host.requestUpdate();
  };
}
