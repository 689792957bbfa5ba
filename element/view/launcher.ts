import { html, nothing, type TemplateResult } from "lit";
import type { Strings } from "../strings.ts";
import { chatIcon, downIcon } from "./icons.ts";

export interface LauncherView {
  readonly isOpen: boolean;
  /** Answers that ended while the panel was closed. */
  readonly unread: number;
  readonly strings: Strings;
  readonly onToggle: () => void;
}

/** The round button that opens a floating chat. */
export function renderLauncher({
  isOpen,
  unread,
  strings,
  onToggle,
}: LauncherView): TemplateResult {
  const action = isOpen ? strings.launcherClose : strings.launcherOpen;
  const label = unread > 0 ? `${action}, ${strings.unread(unread)}` : action;
  return html`<button
    class="launcher"
    part="launcher"
    type="button"
    aria-label=${label}
    aria-expanded=${isOpen}
    aria-controls="panel"
    @click=${onToggle}
  >
    <span class="launcher-icon chat"><slot name="launcher-icon">${chatIcon}</slot></span>
    <span class="launcher-icon down">${downIcon}</span>
    ${unread > 0 ? html`<span class="badge" part="badge" aria-hidden="true">${unread}</span>` : nothing}
  </button>`;
}
