import { html, type TemplateResult } from "lit";
import { maxQuestionLength } from "../client/config.ts";
import type { Strings } from "../strings.ts";
import { sendIcon, stopIcon } from "./icons.ts";

export interface ComposerView {
  readonly draft: string;
  /** A question is under way, and what there is to do is to stop it. */
  readonly isBusy: boolean;
  readonly isStopping: boolean;
  /** The chat was refused: nothing can be asked. */
  readonly isDisabled: boolean;
  readonly strings: Strings;
  readonly onDraft: (text: string) => void;
  /** Called while a question is under way, too; then it may change nothing. */
  readonly onSend: () => void;
  readonly onStop: () => void;
}

export function renderComposer(view: ComposerView): TemplateResult {
  const { draft, isBusy, isStopping, isDisabled, strings } = view;
  const send = (event: Event) => {
    event.preventDefault();
    view.onSend();
  };
  const type = (event: Event) => {
    if (event.currentTarget instanceof HTMLTextAreaElement) view.onDraft(event.currentTarget.value);
  };
  const press = (event: KeyboardEvent) => {
    // While an input method composes a word, Enter chooses it; Safari tells so by the key code alone.
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key === "Enter" && !event.shiftKey && !isComposing) send(event);
  };
  return html`<form class="composer" part="composer" @submit=${send}>
    <textarea
      class="input"
      part="input"
      rows="1"
      enterkeyhint="send"
      autocomplete="off"
      maxlength=${maxQuestionLength}
      aria-label=${strings.questionLabel}
      placeholder=${strings.placeholder}
      .value=${draft}
      ?disabled=${isDisabled}
      @input=${type}
      @keydown=${press}
    ></textarea>
    ${
      isBusy
        ? html`<button
            class="send stop"
            part="stop"
            type="button"
            aria-label=${isStopping ? strings.stopping : strings.stop}
            ?disabled=${isStopping}
            @click=${view.onStop}
          >
            ${stopIcon}
          </button>`
        : html`<button
            class="send"
            part="send"
            type="submit"
            aria-label=${strings.send}
            ?disabled=${isDisabled || !draft.trim()}
          >
            ${sendIcon}
          </button>`
    }
  </form>`;
}

/** As high as its text, up to the limit of the style sheet. */
export function fitHeight(input: HTMLTextAreaElement): void {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}
