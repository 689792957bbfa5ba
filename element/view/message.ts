import { html, nothing, type TemplateResult } from "lit";
import { renderMarkdown } from "../markdown/directive.ts";
import type { ChatMessage, FinishReason } from "../client/message.ts";
import type { Strings } from "../strings.ts";
import { alertIcon, infoIcon, retryIcon } from "./icons.ts";
import { renderSources, showSource } from "./sources.ts";

export interface MessageView {
  readonly message: ChatMessage;
  readonly isConnected: boolean;
  /** What the assistant is called. */
  readonly heading: string;
  /** Whole seconds until a retry can succeed; 0 when it can now. */
  readonly retryIn: number;
  /** Nothing else is under way. */
  readonly canRetry: boolean;
  readonly strings: Strings;
  /** Of an answer that has ended, what can be done with it. */
  readonly actions: TemplateResult | typeof nothing;
  readonly onRetry: (messageId: string) => void;
  readonly onCopyCode: (button: HTMLElement, code: string) => void;
}

export function renderMessage(view: MessageView): TemplateResult {
  return view.message.role === "user" ? renderQuestion(view) : renderAnswer(view);
}

function renderQuestion(view: MessageView): TemplateResult {
  const { message, strings, isConnected } = view;
  const { sent, error } = message.metadata ?? {};
  const isSending = message.status === "sending";
  // What was refused for now goes out again, and what waits for its turn will, by itself.
  const isUnderWay = isConnected && sent && !error;
  const note = isSending && !isUnderWay && (isConnected ? strings.sending : strings.unsent);
  return html`<article
      class="message question"
      part="question"
      aria-label=${strings.you}
      data-status=${message.status}
    >
      <p class="bubble" part="bubble">${message.content}</p>
      ${note ? html`<p class="note">${note}</p>` : nothing}${renderFailure(view)}
    </article>
    ${isSending && isUnderWay ? renderThinking(strings) : nothing}`;
}

function renderAnswer(view: MessageView): TemplateResult {
  const { message, strings, heading, onCopyCode } = view;
  const { streaming = false, sources = [], finish_reason, degraded = [] } = message.metadata ?? {};
  const classes = `prose${streaming ? " streaming" : ""}`;
  return html`<article
    class="message answer"
    part="answer"
    aria-label=${heading}
    data-id=${message.id}
    @click=${(event: Event) => press(event, onCopyCode)}
  >
    <div class=${classes} part="text" ?hidden=${!message.content} ${renderMarkdown(message)}></div>
    ${streaming && !message.content ? renderThinking(strings) : nothing}
    ${renderNote(finish_reason, strings)}${renderFailure(view)}${renderSources(sources, strings)}
    ${renderDegraded(degraded, strings)}${view.actions}
  </article>`;
}

/** The buttons that stand in the text itself, which is not rendered here. */
function press(event: Event, onCopyCode: MessageView["onCopyCode"]): void {
  const [clicked] = event.composedPath();
  const answer = event.currentTarget;
  if (!(clicked instanceof HTMLElement) || !(answer instanceof Element)) return;
  const { number } = clicked.dataset;
  if (clicked.matches("button.citation") && number) showSource(answer, number);
  if (clicked.matches("button.copy-code"))
    onCopyCode(clicked, clicked.parentElement?.querySelector("code")?.textContent ?? "");
}

/** The dots that say that something is being done. */
function renderThinking(strings: Strings): TemplateResult {
  return html`<div class="thinking" part="thinking" role="img" aria-label=${strings.thinking}>
    <i></i><i></i><i></i>
  </div>`;
}

function renderNote(
  reason: FinishReason | undefined,
  strings: Strings,
): TemplateResult | typeof nothing {
  const notes = {
    cancelled: strings.stopped,
    length: strings.cutShort,
    content_filter: strings.filtered,
    stop: "",
  };
  const note = reason && notes[reason];
  return note ? html`<p class="note">${note}</p>` : nothing;
}

function renderDegraded(
  degraded: readonly string[],
  strings: Strings,
): TemplateResult | typeof nothing {
  const note = degraded.map((name) => strings.degraded[name]).find(Boolean);
  return note ? html`<p class="note degraded">${infoIcon}<span>${note}</span></p>` : nothing;
}

function renderFailure(view: MessageView): TemplateResult | typeof nothing {
  const { message, retryIn, canRetry, strings, onRetry } = view;
  const { error } = message.metadata ?? {};
  if (message.status !== "error" || !error) return nothing;
  // Today it can only fail again.
  const isFinal = error.code === "BUDGET_EXCEEDED";
  const button = html`<button
    class="text-button"
    type="button"
    ?disabled=${!canRetry || retryIn > 0}
    @click=${() => onRetry(message.id)}
  >
    ${retryIcon}${retryIn > 0 ? strings.retryIn(retryIn) : strings.retry}
  </button>`;
  return html`<div class="failure" part="error">
    ${alertIcon}
    <p>${strings.reasons[error.code] ?? error.message}</p>
    ${isFinal ? nothing : button}
  </div>`;
}
