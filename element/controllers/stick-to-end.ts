import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Pixels that still count as being at the end. */
const tolerance = 8;

/** Keeps a growing log at its end for as long as its reader is there, and leaves a reader elsewhere alone. */
export class StickToEnd implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #find: () => HTMLElement | null;
  readonly #resizes = new ResizeObserver(() => this.#follow());
  #scroller: HTMLElement | null = null;
  #lastTop = 0;
  #isAtEnd = true;

  /** @param find gives the element that scrolls, once it is rendered. */
  constructor(host: ReactiveControllerHost, find: () => HTMLElement | null) {
    this.#host = host;
    this.#find = find;
    host.addController(this);
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  /** Takes the reader to the end, to stay there. */
  jump(): void {
    this.#setAtEnd(true);
    this.#follow();
  }

  hostUpdated(): void {
    const scroller = this.#find();
    if (scroller !== this.#scroller) this.#watch(scroller);
    this.#follow();
  }

  hostDisconnected(): void {
    this.#watch(null);
  }

  #watch(scroller: HTMLElement | null): void {
    this.#scroller?.removeEventListener("scroll", this.#onScroll);
    this.#resizes.disconnect();
    this.#scroller = scroller;
    if (!scroller) return;
    scroller.addEventListener("scroll", this.#onScroll, { passive: true });
    this.#resizes.observe(scroller);
  }

  #onScroll = (): void => {
    const scroller = this.#scroller;
    if (!scroller) return;
    const left = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    // Any movement up is the reader's: we only ever move down.
    if (left <= tolerance) this.#setAtEnd(true);
    else if (scroller.scrollTop < this.#lastTop) this.#setAtEnd(false);
    this.#lastTop = scroller.scrollTop;
  };

  #follow(): void {
    if (this.#isAtEnd && this.#scroller) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #setAtEnd(isAtEnd: boolean): void {
    if (this.#isAtEnd === isAtEnd) return;
    this.#isAtEnd = isAtEnd;
    this.#host.requestUpdate();
  }
}
