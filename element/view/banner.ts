import { html, nothing, type TemplateResult } from "lit";
import type { ConnectionState } from "../client/state.ts";
import type { Strings } from "../strings.ts";
import { alertIcon } from "./icons.ts";

export interface BannerView {
  readonly connection: ConnectionState;
  readonly maxAttempts: number;
  readonly strings: Strings;
  readonly onConnect: () => void;
}

/** What stands between the reader and an answer, if anything, and what can be done about it. */
export function renderBanner(view: BannerView): TemplateResult | typeof nothing {
  const { connection, strings } = view;
  const words = strings.banner;
  const isLost =
    connection.phase === "waiting" ||
    (connection.phase === "connecting" && connection.reconnectAttempts > 0);
  if (connection.phase === "refused") {
    // What the page's owner can do about it stands in the console: the reader can do nothing.
    return banner("refused", strings.refusals[connection.closeCode ?? 0] ?? strings.refused);
  }
  if (connection.phase === "offline")
    return banner("offline", words.offline, undefined, button(words.tryNow, view));
  if (connection.phase === "exhausted") {
    return banner("exhausted", words.exhausted, connection.error, button(words.reconnect, view));
  }
  if (connection.phase === "disconnected") {
    return banner("disconnected", words.disconnected, undefined, button(words.connect, view));
  }
  if (!isLost) return nothing;
  const { reconnectAttempts } = connection;
  const text = reconnectAttempts
    ? words.reconnecting(reconnectAttempts, view.maxAttempts)
    : words.restarting;
  return banner("reconnecting", text, connection.error, button(words.tryNow, view));
}

function banner(
  kind: string,
  text: string,
  detail?: string,
  action?: TemplateResult,
): TemplateResult {
  return html`<div class="banner" part="banner" data-kind=${kind} role="status">
    ${alertIcon}
    <p>
      ${text}${detail && detail !== text ? html` <span class="detail">${detail}</span>` : nothing}
    </p>
    ${action ?? nothing}
  </div>`;
}

function button(text: string, { onConnect }: BannerView): TemplateResult {
  return html`<button class="text-button" type="button" @click=${onConnect}>${text}</button>`;
}
