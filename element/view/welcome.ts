import { html, nothing, type TemplateResult } from "lit";
import type { Strings } from "../strings.ts";
import { arrowIcon, markIcon } from "./icons.ts";

export interface WelcomeView {
  readonly greeting: string;
  readonly suggestions: readonly string[];
  readonly isDisabled: boolean;
  readonly strings: Strings;
  readonly onAsk: (question: string) => void;
}

/** What an empty chat shows. */
export function renderWelcome({
  greeting,
  suggestions,
  isDisabled,
  strings,
  onAsk,
}: WelcomeView): TemplateResult {
  const offer = (question: string) =>
    html`<li>
      <button
        class="suggestion"
        part="suggestion"
        type="button"
        ?disabled=${isDisabled}
        @click=${() => onAsk(question)}
      >
        <span>${question}</span>${arrowIcon}
      </button>
    </li>`;
  return html`<div class="welcome" part="welcome">
    <span class="mark large">${markIcon}</span>
    <slot name="greeting">
      <h3 class="greeting">${greeting}</h3>
      <p class="introduction">${strings.introduction}</p>
    </slot>
    ${
      suggestions.length > 0
        ? html`<ul class="suggestions" aria-label=${strings.suggestionsLabel}>
            ${suggestions.map(offer)}
          </ul>`
        : nothing
    }
  </div>`;
}
