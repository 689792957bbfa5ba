import { html, nothing, type TemplateResult } from "lit";
import type { ConnectionState } from "../client/state.ts";
import type { Strings } from "../strings.ts";
import { alertIcon } from "./icons.ts";

export interface BannerView {
  readonly connection: ConnectionState;
  readonly maxAttempts: number;
  /** A user's token is shown: then a refused one may be the reader's matter. */
  readonly isSignedIn: boolean;
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
  const reason = strings.reasons[connection.errorCode ?? ""];
  const detail = reason ?? connection.error;
  if (connection.phase === "refused") {
    const { closeCode = 0, errorCode } = connection;
    const canMend = closeCode === 4401 && (view.isSignedIn || errorCode === "TOKEN_REQUIRED");
    // A wrong key is the page's matter: what its owner can do stands in the console, the reader can do nothing.
    const code = closeCode === 4401 && !canMend ? 4400 : closeCode;
    const text = reason ?? strings.refusals[code] ?? strings.refused;
    return banner("refused", text, undefined, canMend ? button(strings.tryAgain, view) : undefined);
  }
  if (connection.phase === "offline")
    return banner("offline", words.offline, undefined, button(words.tryNow, view));
  if (connection.phase === "exhausted") {
    return banner("exhausted", words.exhausted, detail, button(words.reconnect, view));
  }
  if (connection.phase === "disconnected") {
    return banner("disconnected", words.disconnected, undefined, button(words.connect, view));
  }
  if (!isLost) return nothing;
  const { reconnectAttempts } = connection;
  const text = reconnectAttempts
    ? words.reconnecting(reconnectAttempts, view.maxAttempts)
    : words.restarting;
  return banner("reconnecting", text, detail, button(words.tryNow, view));
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
