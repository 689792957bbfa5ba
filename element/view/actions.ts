import { html, nothing, type TemplateResult } from "lit";
import type { Feedback } from "../client/message.ts";
import { maxCommentLength } from "../controllers/rating-form.ts";
import type { Strings } from "../strings.ts";
import { checkIcon, copyIcon, downThumbIcon, upIcon } from "./icons.ts";

export interface ActionsView {
  readonly rating: Feedback["rating"] | undefined;
  readonly isCopied: boolean;
  /** What was written, where the reader is asked for a comment. */
  readonly comment: string | undefined;
  readonly isThanked: boolean;
  readonly strings: Strings;
  readonly onCopy: () => void;
  readonly onRate: (rating: Feedback["rating"]) => void;
  readonly onComment: (text: string) => void;
  readonly onSendComment: () => void;
  readonly onSkipComment: () => void;
}

/** What can be done with an answer that has ended. */
export function renderActions(view: ActionsView): TemplateResult {
  const { isCopied, strings, onCopy } = view;
  return html`<div class="actions" part="actions">
      <button
        class="action"
        part="copy"
        type="button"
        title=${strings.copyAnswer}
        aria-label=${strings.copyAnswer}
        @click=${onCopy}
      >
        ${isCopied ? checkIcon : copyIcon}
      </button>
      ${renderThumb("up", view)}${renderThumb("down", view)}
      ${view.isThanked ? html`<span class="thanks" role="status">${strings.thanks}</span>` : nothing}
    </div>
    ${view.comment === undefined ? nothing : renderComment(view, view.comment)}`;
}

function renderThumb(
  rating: Feedback["rating"],
  { rating: given, strings, onRate }: ActionsView,
): TemplateResult {
  const label = rating === "up" ? strings.helpful : strings.notHelpful;
  return html`<button
    class="action rate ${rating}"
    part="rate"
    type="button"
    title=${label}
    aria-label=${label}
    aria-pressed=${given === rating}
    @click=${() => onRate(rating)}
  >
    ${rating === "up" ? upIcon : downThumbIcon}
  </button>`;
}

function renderComment(view: ActionsView, draft: string): TemplateResult {
  const { strings, onComment, onSendComment, onSkipComment } = view;
  const write = (event: Event) => {
    if (event.currentTarget instanceof HTMLTextAreaElement) onComment(event.currentTarget.value);
  };
  const send = (event: Event) => {
    event.preventDefault();
    onSendComment();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) send(event);
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    onSkipComment();
  };
  return html`<form class="comment" part="comment" @submit=${send} @keydown=${press}>
    <label for="comment">${strings.commentLabel} <span>${strings.commentHint}</span></label>
    <textarea
      class="field"
      id="comment"
      rows="2"
      maxlength=${maxCommentLength}
      .value=${draft}
      @input=${write}
    ></textarea>
    <div class="comment-buttons">
      <button class="text-button plain" type="button" @click=${onSkipComment}>
        ${strings.commentSkip}
      </button>
      <button class="text-button" type="submit">${strings.commentSend}</button>
    </div>
  </form>`;
}
