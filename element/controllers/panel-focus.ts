import type { LitElement, ReactiveController } from "lit";

/** Takes the focus into a floating panel that opens, and back to its bubble when it closes. */
export class PanelFocus implements ReactiveController {
  readonly #host: LitElement;
  readonly #isOpen: () => boolean;
  /** Undefined before the first update: a page that loads with an open chat keeps its focus. */
  #wasOpen: boolean | undefined;
  /** Whether the focus was in here before the update. */
  #hadFocus = false;

  constructor(host: LitElement, isOpen: () => boolean) {
    this.#host = host;
    this.#isOpen = isOpen;
  }

  hostUpdate(): void {
    this.#hadFocus = this.#host.shadowRoot?.activeElement != null;
  }

  hostUpdated(): void {
    const [isOpen, wasOpen] = [this.#isOpen(), this.#wasOpen];
    this.#wasOpen = isOpen;
    if (wasOpen === undefined || isOpen === wasOpen) return;
    if (isOpen) this.#move(writingPlace());
    else if (this.#hadFocus) this.#move(".launcher");
  }

  #move(selector: string): void {
    const target = this.#host.renderRoot.querySelector<HTMLElement>(selector);
    target?.focus({ preventScroll: true });
  }
}

/** Where one goes on to write; on a touch screen the keyboard would cover the chat before it was seen. */
export function writingPlace(): string {
  return matchMedia("(pointer: coarse)").matches ? ".panel" : ".input";
}
