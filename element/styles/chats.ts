import { css } from "lit";

/** The list of chats, over the conversation; and what stands where text will be. */
export const chats = css`
  .chats {
    position: absolute;
    inset: 0;
    padding: 10px 10px max(16px, env(safe-area-inset-bottom));
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--_line) transparent;
    background: var(--_surface);
    animation: slide 0.28s var(--_ease);
  }

  .chats > .failure {
    width: auto;
    margin: 4px 4px 10px;
  }

  .chat-row {
    position: relative;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    min-height: 60px;
    border-radius: 14px;
    transition: background 0.15s;
  }

  .chat-row:is(:hover, :focus-within) {
    background: var(--_raised);
  }

  .chat-row[data-current] {
    background: var(--_tint);
  }

  .chat-row + .chat-row {
    margin-top: 2px;
  }

  .chat-open {
    flex: 1;
    min-width: 0;
    padding: 9px 4px 9px 14px;
    border-radius: inherit;
    line-height: 1.4;
    text-align: start;
  }

  .chat-open:focus-visible {
    outline-offset: -2px;
  }

  .chat-title {
    display: block;
    overflow: hidden;
    font-size: 14.5px;
    font-weight: 500;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .chat-row[data-current] .chat-title {
    font-weight: 600;
  }

  .chat-open time {
    font-size: 12.5px;
    color: var(--_muted);
    font-variant-numeric: tabular-nums;
  }

  .chat-row .icon-button {
    width: 34px;
    height: 34px;
    border-radius: 10px;
  }

  .chat-row .icon-button:last-child {
    margin-inline-end: 6px;
  }

  .chat-row .icon-button:hover {
    background: color-mix(in oklab, currentColor 10%, transparent);
  }

  .chat-row .icon-button svg {
    width: 17px;
    height: 17px;
  }

  /* With a mouse they show where it is. */
  @media (hover: hover) {
    .chat-row:not(:hover, :focus-within) .icon-button {
      opacity: 0;
    }
  }

  .chat-form {
    flex: 1;
    display: flex;
    align-items: center;
    gap: 4px;
    min-width: 0;
    padding: 6px 8px 6px 6px;
  }

  .chat-form .field {
    flex: 1;
    margin-inline-end: 4px;
  }

  .confirm {
    flex: 1;
    min-width: 0;
    padding-inline-start: 8px;
    font-size: 13px;
    line-height: 1.4;
    color: var(--_muted);
  }

  .confirm .chat-title {
    color: var(--_text);
  }

  .chat-form [type="submit"] {
    color: var(--_accent);
  }

  .chat-row > .note {
    flex-basis: 100%;
    margin: 0;
    padding: 0 14px 9px;
    color: var(--_danger);
  }

  .more {
    margin: 12px auto 0;
    display: flex;
    color: var(--_accent);
  }

  .empty {
    display: grid;
    place-content: center;
    justify-items: center;
    min-height: 84%;
    padding: 24px;
    text-align: center;
  }

  .empty svg {
    width: 44px;
    height: 44px;
    padding: 11px;
    box-sizing: content-box;
    margin-bottom: 16px;
    border-radius: 22px;
    color: var(--_accent);
    background: var(--_tint);
    stroke-width: 1.5;
  }

  .empty h3 {
    font-size: 17px;
    font-weight: 650;
    letter-spacing: -0.01em;
  }

  .empty p {
    margin-top: 5px;
    max-width: 30ch;
    font-size: 14px;
    color: var(--_muted);
    text-wrap: balance;
  }

  /* Shown only when it takes long enough to be noticed. */
  .loading {
    display: grid;
    gap: 12px;
    padding: 12px 8px 20px;
    animation: appear 0.4s 0.25s backwards;
  }

  .loading i {
    height: 15px;
    border-radius: 8px;
    background: var(--_line);
    animation: breathe 1.6s ease-in-out infinite;
  }

  .loading i:nth-of-type(2) {
    width: 82%;
    animation-delay: 0.15s;
  }

  .loading i:nth-of-type(3) {
    width: 58%;
    animation-delay: 0.3s;
  }

  .history-failure {
    margin: 0 0 20px;
  }

  @media (pointer: coarse) {
    .field {
      font-size: 16px;
    }

    .chat-row .icon-button {
      width: 40px;
      height: 40px;
    }
  }

  @keyframes slide {
    from {
      opacity: 0;
      transform: translateX(-14px);
    }
  }

  @keyframes appear {
    from {
      opacity: 0;
    }
  }
`;
