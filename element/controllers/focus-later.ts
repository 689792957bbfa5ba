import type { LitElement, ReactiveController } from "lit";

/** Moves the focus to what the coming update renders. */
export class FocusLater implements ReactiveController {
  readonly #host: LitElement;
  #selector: string | undefined;

  constructor(host: LitElement) {
    this.#host = host;
    host.addController(this);
  }

  /** @param selector of an element below the host's render root; the last one named wins. */
  move(selector: string): void {
    this.#selector = selector;
    this.#host.requestUpdate();
  }

  hostUpdated(): void {
    const selector = this.#selector;
    if (selector === undefined) return;
    const target = this.#host.renderRoot.querySelector<HTMLElement>(selector);
    this.#selector = undefined;
    target?.focus({ preventScroll: true });
    if (target instanceof HTMLInputElement) target.select();
    target?.scrollIntoView({ block: "nearest" });
  }
}
