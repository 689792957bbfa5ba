import { html, nothing, type TemplateResult } from "lit";
import type { LoadState } from "../client/state.ts";
import type { Strings } from "../strings.ts";
import { renderLoading } from "./chats.ts";
import { alertIcon, retryIcon } from "./icons.ts";

export interface HistoryNoticeView {
  readonly history: LoadState;
  /** It is on its way, or will be by itself. */
  readonly isLoading: boolean;
  readonly strings: Strings;
  readonly onRetry: () => void;
}

/** Above the messages of a chat: that earlier ones are on their way, or could not be loaded. */
export function renderHistoryNotice(view: HistoryNoticeView): TemplateResult | typeof nothing {
  const { history, isLoading, strings, onRetry } = view;
  if (history.status === "ready") return nothing;
  if (isLoading) return renderLoading(strings.historyLoading);
  return html`<div class="failure history-failure" role="status">
    ${alertIcon}
    <p>${strings.historyFailed}</p>
    <button class="text-button" type="button" @click=${onRetry}>
      ${retryIcon}${strings.tryAgain}
    </button>
  </div>`;
}
