import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Pixels that still count as being at the end. */
const tolerance = 8;

/** Keeps a growing log at its end for as long as its reader is there, and leaves a reader elsewhere alone. */
export class StickToEnd implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #find: () => HTMLElement | null;
  readonly #resizes = new ResizeObserver(() => this.#follow());
  #scroller: HTMLElement | null = null;
  /** Where it stood, and how far it could be scrolled, when that was last looked at. */
  #last = { top: 0, range: 0 };
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
    if (this.#scroller) this.#remember(this.#scroller);
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
    if (rangeOf(scroller) - scroller.scrollTop <= tolerance) this.#setAtEnd(true);
    else if (this.#wasMovedUp(scroller)) this.#setAtEnd(false);
    this.#remember(scroller);
  };

  #follow(): void {
    const scroller = this.#scroller;
    if (!scroller || !this.#isAtEnd) return;
    // The event of a movement may still be on its way when the next piece comes.
    if (this.#wasMovedUp(scroller)) return this.#setAtEnd(false);
    scroller.scrollTop = scroller.scrollHeight;
    this.#remember(scroller);
  }

  /** Any movement up is the reader's: we only ever move down. A log that shrinks moves by itself. */
  #wasMovedUp(scroller: HTMLElement): boolean {
    return scroller.scrollTop < this.#last.top && rangeOf(scroller) >= this.#last.range;
  }

  #remember(scroller: HTMLElement): void {
    this.#last = { top: scroller.scrollTop, range: rangeOf(scroller) };
  }

  #setAtEnd(isAtEnd: boolean): void {
    if (this.#isAtEnd === isAtEnd) return;
    this.#isAtEnd = isAtEnd;
    this.#host.requestUpdate();
  }
}

function rangeOf(scroller: HTMLElement): number {
  return scroller.scrollHeight - scroller.clientHeight;
}
