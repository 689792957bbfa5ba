import { css } from "lit";

/** The host, the bubble and the panel: where they stand and how they move. */
export const frame = css`
  :host {
    position: fixed;
    right: max(var(--miptech-offset-x, 24px), env(safe-area-inset-right));
    bottom: max(var(--miptech-offset-y, 24px), env(safe-area-inset-bottom));
    z-index: var(--miptech-z-index, 2147483000);
    display: block;
    font: 400 15px/1.55 var(--_font);
    color: var(--_text);
    text-align: start;
    letter-spacing: normal;
    -webkit-font-smoothing: antialiased;
    -webkit-text-size-adjust: 100%;
  }

  :host([mode="inline"]) {
    position: relative;
    inset: auto;
    z-index: auto;
    height: var(--miptech-height, 640px);
    max-width: var(--miptech-width, none);
  }

  :host([hidden]) {
    display: none;
  }

  *,
  ::before,
  ::after {
    box-sizing: border-box;
  }

  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    padding: 0;
    margin: 0;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
  }

  button:disabled {
    cursor: default;
  }

  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }

  h2,
  h3,
  h4,
  p,
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }

  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .launcher {
    position: relative;
    display: grid;
    place-items: center;
    width: 60px;
    height: 60px;
    margin-inline-start: auto;
    border-radius: 50%;
    color: var(--_on-accent);
    background: var(--_accent);
    box-shadow: var(--_shadow);
    transition: transform 0.35s var(--_ease);
    animation: arrive 0.5s var(--_ease) backwards;
  }

  .launcher:hover {
    transform: translateY(-2px) scale(1.03);
  }

  .launcher:active {
    transform: scale(0.96);
  }

  .launcher:focus-visible {
    outline-offset: 3px;
  }

  .launcher-icon {
    grid-area: 1 / 1;
    display: grid;
    transition:
      transform 0.35s var(--_ease),
      opacity 0.2s;
  }

  .launcher-icon svg {
    width: 27px;
    height: 27px;
  }

  .launcher-icon.down,
  :host([open]) .launcher-icon.chat {
    opacity: 0;
    transform: rotate(-60deg) scale(0.6);
  }

  :host([open]) .launcher-icon.down {
    opacity: 1;
    transform: none;
  }

  .badge {
    position: absolute;
    top: -3px;
    right: -3px;
    min-width: 21px;
    height: 21px;
    padding: 0 6px;
    border-radius: 11px;
    border: 2px solid var(--_surface);
    box-sizing: content-box;
    font-size: 12px;
    font-weight: 650;
    line-height: 21px;
    text-align: center;
    color: #fff;
    background: #c8361d;
    animation: arrive 0.4s var(--_ease);
  }

  .panel {
    position: absolute;
    right: 0;
    bottom: calc(100% + 14px);
    display: flex;
    flex-direction: column;
    width: min(var(--miptech-width, 412px), calc(100vw - 32px));
    height: min(var(--miptech-height, 690px), calc(100dvh - 122px));
    overflow: hidden;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
    box-shadow: var(--_shadow);
    transform-origin: calc(100% - 30px) calc(100% + 30px);
    transition:
      opacity 0.22s ease-out,
      transform 0.36s var(--_ease),
      visibility 0s;
  }

  .panel:focus {
    outline: none;
  }

  :host([mode="floating"]:not([open])) .panel {
    visibility: hidden;
    opacity: 0;
    transform: translateY(14px) scale(0.96);
    transition:
      opacity 0.16s ease-in,
      transform 0.2s ease-in,
      visibility 0s 0.2s;
  }

  :host([mode="inline"]) .panel {
    position: relative;
    inset: auto;
    width: 100%;
    height: 100%;
    box-shadow: none;
  }

  @media (max-width: 520px) {
    :host([mode="floating"]) .panel {
      position: fixed;
      inset: 0 0 auto;
      width: auto;
      height: 100dvh;
      border: 0;
      border-radius: 0;
      box-shadow: none;
      padding-top: env(safe-area-inset-top);
      transform-origin: bottom;
    }

    /* What an on-screen keyboard leaves of the screen: see controllers/visible-area.ts. */
    :host([mode="floating"]) .panel[data-covered] {
      top: var(--_visible-top);
      height: var(--_visible-height);
      transition: none;
    }

    .panel[data-covered] .footnote {
      display: none;
    }

    /* Moving a finger over these would move the page behind. */
    :host([mode="floating"]) :is(.header, .footnote) {
      touch-action: none;
    }

    :host([mode="floating"][open]) .launcher {
      visibility: hidden;
    }
  }

  @media print {
    :host([mode="floating"]) {
      display: none;
    }
  }

  @keyframes arrive {
    from {
      opacity: 0;
      transform: scale(0.6);
    }
  }
`;
