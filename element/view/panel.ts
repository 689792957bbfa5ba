import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ChatMessage } from "../client/message.ts";
import { keyOf } from "../endings.ts";
import type { Strings } from "../strings.ts";
import { downIcon } from "./icons.ts";

export interface PanelView {
  readonly isFloating: boolean;
  /** False while it is closed: nothing in it can be reached. */
  readonly isShown: boolean;
  readonly header: TemplateResult;
  readonly banner: TemplateResult | typeof nothing;
  /** Shown while there is no message. */
  readonly welcome: TemplateResult | typeof nothing;
  /** Above the messages: why there are not all. */
  readonly notice: TemplateResult | typeof nothing;
  /** The list of chats, while it shows: it covers the conversation. */
  readonly chats: TemplateResult | undefined;
  readonly messages: readonly ChatMessage[];
  readonly composer: TemplateResult;
  readonly isAtEnd: boolean;
  readonly strings: Strings;
  readonly renderMessage: (message: ChatMessage) => TemplateResult;
  readonly onJump: () => void;
  readonly onKeydown: (event: KeyboardEvent) => void;
}

export function renderPanel(view: PanelView): TemplateResult {
  const { messages, strings } = view;
  return html`<section
    class="panel"
    part="panel"
    id="panel"
    role=${view.isFloating ? "dialog" : "region"}
    aria-labelledby="heading"
    tabindex="-1"
    ?inert=${!view.isShown}
    @keydown=${view.onKeydown}
  >
    ${view.header}${view.banner}
    <div class="stage">
      <div class="body" ?inert=${view.chats !== undefined}>
        <div
          class="log"
          part="log"
          role="log"
          aria-live="off"
          aria-label=${strings.conversation}
          tabindex="0"
        >
          ${view.notice}
          ${messages.length === 0 ? view.welcome : repeat(messages, keyOf, view.renderMessage)}
        </div>
        ${
          view.isAtEnd
            ? nothing
            : html`<button
                class="jump"
                part="jump"
                type="button"
                aria-label=${strings.latest}
                @click=${view.onJump}
              >
                ${downIcon}
              </button>`
        }
      </div>
      <div class="foot" ?inert=${view.chats !== undefined}>
        ${view.composer}
        <p class="footnote"><slot name="footnote">${strings.footnote}</slot></p>
      </div>
      ${view.chats ?? nothing}
    </div>
    <div class="announcer visually-hidden" role="status" aria-live="polite"></div>
  </section>`;
}
