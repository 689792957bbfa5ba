import { html, nothing, type TemplateResult } from "lit";
import type { ConnectionPhase } from "../client/connection-status.ts";
import type { Strings } from "../strings.ts";
import { closeIcon, markIcon } from "./icons.ts";

export interface HeaderView {
  readonly heading: string;
  readonly phase: ConnectionPhase;
  readonly strings: Strings;
  /** Undefined where there is nothing to close. */
  readonly onClose: (() => void) | undefined;
}

export function renderHeader({ heading, phase, strings, onClose }: HeaderView): TemplateResult {
  return html`<div class="header" part="header">
    <span class="mark" part="mark">${markIcon}</span>
    <div class="titles">
      <h2 class="heading" part="heading" id="heading">${heading}</h2>
      <p class="status" part="status" data-phase=${phase}>
        <span class="dot"></span>${strings.status[phase]}
      </p>
    </div>
    ${
      onClose
        ? html`<button
            class="icon-button"
            part="close"
            type="button"
            aria-label=${strings.close}
            @click=${onClose}
          >
            ${closeIcon}
          </button>`
        : nothing
    }
  </div>`;
}
