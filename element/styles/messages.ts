import { css } from "lit";

/** The conversation: bubbles, thinking dots, failures, sources. */
export const messages = css`
  .body {
    position: relative;
    flex: 1;
    min-height: 0;
  }

  .log {
    height: 100%;
    padding: 20px 18px 16px;
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--_line) transparent;
  }

  .log:has(> .welcome) {
    background: radial-gradient(95% 62% at 100% 0%, var(--_tint), transparent 78%);
  }

  .log:focus-visible {
    outline-offset: -2px;
  }

  .message {
    animation: rise 0.35s var(--_ease) backwards;
  }

  .message + .message {
    margin-top: 18px;
  }

  .question {
    display: flex;
    flex-direction: column;
    align-items: flex-end;
  }

  * + .question {
    margin-top: 26px;
  }

  .bubble {
    max-width: 86%;
    padding: 9px 15px;
    border-radius: 20px 20px 6px;
    background: var(--_tint);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }

  .question[data-status="error"] .bubble {
    background: var(--_raised);
  }

  .note {
    margin-top: 8px;
    font-size: 12.5px;
    color: var(--_muted);
  }

  .failure {
    display: flex;
    align-items: center;
    gap: 10px;
    width: 100%;
    margin-top: 10px;
    padding: 9px 10px 9px 14px;
    border-radius: 14px;
    font-size: 13.5px;
    line-height: 1.4;
    color: var(--_danger);
    background: var(--_danger-tint);
  }

  .failure > svg {
    flex: none;
    width: 18px;
    height: 18px;
  }

  .failure p {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }

  .failure .text-button svg {
    width: 15px;
    height: 15px;
  }

  .thinking {
    display: flex;
    gap: 5px;
    width: fit-content;
    margin-top: 18px;
    padding: 9px 2px;
  }

  .answer .thinking {
    margin-top: 0;
  }

  .thinking i {
    width: 7px;
    height: 7px;
    border-radius: 50%;
    background: var(--_accent);
    animation: think 1.3s ease-in-out infinite;
  }

  .thinking i:nth-child(2) {
    animation-delay: 0.16s;
  }

  .thinking i:nth-child(3) {
    animation-delay: 0.32s;
  }

  .sources {
    margin-top: 16px;
    animation: rise 0.4s var(--_ease) backwards;
  }

  .sources-heading {
    margin-bottom: 7px;
    font-size: 12px;
    font-weight: 600;
    color: var(--_muted);
  }

  .source {
    /* Clear of the fade at the log's end. */
    scroll-margin-block: 20px;
    border: 1px solid var(--_line);
    font-size: 13.5px;
    line-height: 1.4;
  }

  .source:not(:last-of-type) {
    border-bottom: 0;
  }

  .source:first-of-type {
    border-start-start-radius: 14px;
    border-start-end-radius: 14px;
  }

  .source:last-of-type {
    border-end-start-radius: 14px;
    border-end-end-radius: 14px;
  }

  .source summary {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 9px 12px 9px 10px;
    border-radius: inherit;
    cursor: pointer;
    list-style: none;
    transition: background 0.15s;
  }

  .source summary::-webkit-details-marker {
    display: none;
  }

  .source summary:hover {
    background: var(--_raised);
  }

  .source summary:focus-visible {
    outline-offset: -2px;
  }

  .source summary svg {
    flex: none;
    width: 15px;
    height: 15px;
    color: var(--_muted);
    transition: transform 0.25s var(--_ease);
  }

  .source[open] summary svg {
    transform: rotate(90deg);
  }

  .source-number,
  .citation {
    display: inline-grid;
    place-items: center;
    border-radius: 7px;
    font-weight: 650;
    font-variant-numeric: tabular-nums;
    color: var(--_accent);
    background: var(--_tint);
  }

  .source-number {
    flex: none;
    min-width: 24px;
    height: 24px;
    padding: 0 5px;
    font-size: 12px;
  }

  .source-title {
    flex: 1;
    min-width: 0;
    font-weight: 550;
    overflow-wrap: anywhere;
  }

  .source-place {
    display: block;
    overflow: hidden;
    font-size: 12.5px;
    font-weight: 400;
    color: var(--_muted);
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .source-body {
    padding: 2px 14px 13px 44px;
  }

  .source-body blockquote {
    margin: 0;
    max-height: 168px;
    overflow-y: auto;
    padding-inline-start: 12px;
    border-inline-start: 2px solid var(--_tint-strong);
    color: var(--_muted);
    overflow-wrap: anywhere;
    white-space: pre-line;
    scrollbar-width: thin;
  }

  .source-check {
    margin: 8px 0 0;
    font-size: 12.5px;
    color: var(--_muted);
  }

  .source-body a {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    margin-top: 9px;
    font-weight: 600;
    color: var(--_accent);
    text-decoration: none;
  }

  .source-body a:hover {
    text-decoration: underline;
  }

  .source-body a svg {
    width: 14px;
    height: 14px;
  }

  .jump {
    position: absolute;
    bottom: 12px;
    left: 50%;
    display: grid;
    place-items: center;
    width: 38px;
    height: 38px;
    border: 1px solid var(--_line);
    border-radius: 50%;
    background: var(--_surface);
    box-shadow: 0 4px 14px -2px light-dark(rgb(16 30 26 / 18%), rgb(0 0 0 / 55%));
    translate: -50%;
    animation: rise 0.25s var(--_ease);
  }

  .jump:hover {
    background: var(--_raised);
  }

  @keyframes think {
    0%,
    60%,
    100% {
      opacity: 0.28;
      transform: none;
    }
    30% {
      opacity: 1;
      transform: translateY(-4px);
    }
  }
`;
