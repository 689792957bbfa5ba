import type { LitElement, ReactiveController } from "lit";
import { copyText } from "../clipboard.ts";

/** Milliseconds for which a button says that it has copied. */
const shownFor = 1800;

/** Copies to the clipboard, and remembers for a moment what was copied. */
export class Copying implements ReactiveController {
  readonly #host: LitElement;
  readonly #onResult: (isCopied: boolean) => void;
  #reset: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The id of the answer that has just been copied. */
  answerId: string | undefined;

  /** @param onResult hears whether the browser allowed it. */
  constructor(host: LitElement, onResult: (isCopied: boolean) => void) {
    this.#host = host;
    this.#onResult = onResult;
    host.addController(this);
  }

  copyAnswer(id: string, text: string): Promise<void> {
    return this.#copy(text, () => {
      this.answerId = id;
      this.#host.requestUpdate();
      return () => {
        this.answerId = undefined;
        this.#host.requestUpdate();
      };
    });
  }

  /** @param button stands in an answer, outside what the host renders. */
  copyCode(
    button: HTMLElement,
    text: string,
    words: { copy: string; copied: string },
  ): Promise<void> {
    return this.#copy(text, () => {
      button.dataset["label"] = words.copied;
      return () => (button.dataset["label"] = words.copy);
    });
  }

  hostDisconnected(): void {
    clearTimeout(this.#timer);
    this.#reset?.();
    this.#reset = undefined;
  }

  /** @param mark shows that it is done, and returns what takes that back. */
  async #copy(text: string, mark: () => () => void): Promise<void> {
    const isCopied = await copyText(text, this.#host.renderRoot);
    this.#onResult(isCopied);
    if (!isCopied || !this.#host.isConnected) return;
    this.hostDisconnected();
    this.#reset = mark();
    this.#timer = setTimeout(() => this.hostDisconnected(), shownFor);
  }
}
