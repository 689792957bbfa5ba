import type { LitElement, ReactiveController } from "lit";

/**
 * Keeps a panel that fills the screen within what the on-screen keyboard leaves of it: some browsers
 * lay the keyboard over the page instead of making the page smaller.
 */
export class VisibleArea implements ReactiveController {
  readonly #host: LitElement;
  readonly #fills: () => boolean;
  #isWatching = false;

  /** @param fills whether the panel fills the screen now. */
  constructor(host: LitElement, fills: () => boolean) {
    this.#host = host;
    this.#fills = fills;
  }

  hostUpdated(): void {
    const viewport = window.visualViewport;
    if (!viewport || this.#isWatching === this.#fills()) return;
    if (this.#isWatching) return this.hostDisconnected();
    this.#isWatching = true;
    viewport.addEventListener("resize", this.#fit);
    viewport.addEventListener("scroll", this.#fit);
    this.#fit();
  }

  hostDisconnected(): void {
    window.visualViewport?.removeEventListener("resize", this.#fit);
    window.visualViewport?.removeEventListener("scroll", this.#fit);
    this.#isWatching = false;
    this.#place("", "");
  }

  #fit = (): void => {
    const viewport = window.visualViewport;
    // A page that is zoomed is looked at in parts: then its layout stays as it is.
    if (!viewport || viewport.scale > 1.05) return this.#place("", "");
    const isCovered = window.innerHeight - viewport.height > 1 || viewport.offsetTop > 1;
    if (isCovered) this.#place(`${viewport.height}px`, `${viewport.offsetTop}px`);
    else this.#place("", "");
  };

  #place(height: string, top: string): void {
    const panel = this.#host.renderRoot.querySelector<HTMLElement>(".panel");
    if (!panel) return;
    panel.style.setProperty("--_visible-height", height || null);
    panel.style.setProperty("--_visible-top", top || null);
    panel.toggleAttribute("data-covered", height !== "");
  }
}
