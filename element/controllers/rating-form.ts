import type { LitElement } from "lit";
import type { ChatMessage, Feedback } from "../client/message.ts";
import type { FocusLater } from "./focus-later.ts";

/** The longest comment that the server takes, UTF-16 units. */
export const maxCommentLength = 1000;

/** Rates an answer, and asks a reader who didn't like it why. */
export class RatingForm {
  readonly #host: LitElement;
  readonly #focus: FocusLater;
  readonly #rate: (messageId: string, feedback: Feedback | null) => void;
  /** The answer that is commented on, and what was written so far. */
  #open: { readonly messageId: string; draft: string } | undefined;
  /** The answer whose reader has just been thanked. */
  #thanked: string | undefined;

  constructor(
    host: LitElement,
    focus: FocusLater,
    rate: (messageId: string, feedback: Feedback | null) => void,
  ) {
    this.#host = host;
    this.#focus = focus;
    this.#rate = rate;
  }

  /** What was written, where a comment is being written on that answer. */
  draftFor(messageId: string): string | undefined {
    return this.#open?.messageId === messageId ? this.#open.draft : undefined;
  }

  isThanked(messageId: string): boolean {
    return this.#thanked === messageId;
  }

  /** Pressed a second time, it is taken back. */
  press({ id, metadata }: ChatMessage, rating: Feedback["rating"]): void {
    const isTakenBack = metadata?.feedback?.rating === rating;
    this.#rate(id, isTakenBack ? null : { rating, comment: null });
    this.#thanked = undefined;
    this.#open = undefined;
    if (!isTakenBack && rating === "down") {
      this.#open = { messageId: id, draft: "" };
      // On a touch screen the keyboard would cover the answer that is being judged.
      if (!matchMedia("(pointer: coarse)").matches) this.#focus.move(".comment textarea");
    }
    this.#host.requestUpdate();
  }

  write(text: string): void {
    if (this.#open) this.#open.draft = text;
  }

  send(): void {
    const { messageId = "", draft = "" } = this.#open ?? {};
    const comment = draft.trim();
    if (comment) {
      this.#rate(messageId, { rating: "down", comment });
      this.#thanked = messageId;
    }
    this.close();
  }

  /** Somebody else is there. */
  reset(): void {
    this.#open = this.#thanked = undefined;
  }

  close(): void {
    if (!this.#open) return;
    this.#focus.move(`.answer[data-id="${this.#open.messageId}"] .rate.down`);
    this.#open = undefined;
    this.#host.requestUpdate();
  }
}
