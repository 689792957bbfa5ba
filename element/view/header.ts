import { html, nothing, type TemplateResult } from "lit";
import type { ConnectionPhase } from "../client/connection-status.ts";
import type { Strings } from "../strings.ts";
import { backIcon, chatsIcon, closeIcon, markIcon, newChatIcon } from "./icons.ts";

export interface HeaderView {
  readonly heading: string;
  readonly phase: ConnectionPhase;
  /** The list of chats shows, and not the conversation. */
  readonly isInChats: boolean;
  readonly canShowChats: boolean;
  readonly canBegin: boolean;
  readonly strings: Strings;
  readonly onShowChats: () => void;
  readonly onBack: () => void;
  readonly onBegin: () => void;
  /** Undefined where there is nothing to close. */
  readonly onClose: (() => void) | undefined;
}

export function renderHeader(view: HeaderView): TemplateResult {
  const { strings, onClose } = view;
  return html`<div class="header" part="header">
    ${view.isInChats ? renderListTitle(view) : renderTitle(view)}
    <div class="tools">
      ${
        view.isInChats
          ? nothing
          : renderButton(
              "show-chats",
              strings.chats.show,
              chatsIcon,
              view.onShowChats,
              !view.canShowChats,
            )
      }
      ${renderButton("new-chat", strings.chats.begin, newChatIcon, view.onBegin, !view.canBegin)}
      ${onClose ? renderButton("close", strings.close, closeIcon, onClose) : nothing}
    </div>
  </div>`;
}

function renderTitle({ heading, phase, strings }: HeaderView): TemplateResult {
  return html`<span class="mark" part="mark">${markIcon}</span>
    <div class="titles">
      <h2 class="heading" part="heading" id="heading">${heading}</h2>
      <p class="status" part="status" data-phase=${phase}>
        <span class="dot"></span>${strings.status[phase]}
      </p>
    </div>`;
}

function renderListTitle({ strings, onBack }: HeaderView): TemplateResult {
  return html`${renderButton("back", strings.chats.back, backIcon, onBack)}
    <div class="titles">
      <h2 class="heading" part="heading" id="heading">${strings.chats.heading}</h2>
    </div>`;
}

/** @param name its class and its part */
function renderButton(
  name: string,
  label: string,
  icon: TemplateResult,
  onClick: () => void,
  isDisabled = false,
): TemplateResult {
  return html`<button
    class="icon-button ${name}"
    part=${name}
    type="button"
    title=${label}
    aria-label=${label}
    ?disabled=${isDisabled}
    @click=${onClick}
  >
    ${icon}
  </button>`;
}
