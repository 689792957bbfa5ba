import type { LitElement } from "lit";
import type { ChatMessage } from "../client/message.ts";
import type { Strings } from "../strings.ts";

/** Says things to a screen reader, through the panel's live region. */
export class Announcer {
  readonly #host: LitElement;
  readonly #strings: Strings;

  constructor(host: LitElement, strings: Strings) {
    this.#host = host;
    this.#strings = strings;
  }

  say(text: string): void {
    const region = this.#host.renderRoot.querySelector(".announcer");
    if (region) region.textContent = text;
  }

  /** How a message ended; the pieces of an answer are never spoken. */
  sayEnded({ id, role, status, metadata }: ChatMessage): void {
    const { failed, reasons } = this.#strings;
    const error = status === "error" && metadata?.error;
    if (error) this.say(failed(reasons[error.code] ?? error.message));
    else if (role === "assistant") this.say(this.#strings.answerReady(this.#textOf(id)));
  }

  #textOf(messageId: string): string {
    const answers = [...this.#host.renderRoot.querySelectorAll<HTMLElement>(".answer")];
    return (
      answers.find(({ dataset }) => dataset["id"] === messageId)?.querySelector(".prose")
        ?.textContent ?? ""
    );
  }
}
