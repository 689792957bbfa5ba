import { css } from "lit";

/** Where the question is written. */
export const composer = css`
  .foot {
    position: relative;
    padding: 4px 14px max(10px, env(safe-area-inset-bottom));
  }

  /* What scrolls away under the composer fades. */
  .foot::before {
    content: "";
    position: absolute;
    inset: auto 14px 100% 1px;
    height: 18px;
    pointer-events: none;
    background: linear-gradient(transparent, var(--_surface));
  }

  .composer {
    display: flex;
    align-items: flex-end;
    gap: 8px;
    padding: 6px 6px 6px 16px;
    border: 1px solid var(--_line);
    border-radius: 24px;
    background: var(--_raised);
    transition:
      border-color 0.15s,
      box-shadow 0.15s;
  }

  .composer:focus-within {
    border-color: var(--_accent);
    box-shadow: 0 0 0 3px var(--_tint-strong);
  }

  .input {
    flex: 1;
    min-width: 0;
    max-height: 148px;
    padding: 7px 0;
    border: 0;
    outline: none;
    resize: none;
    font: inherit;
    line-height: 22px;
    color: inherit;
    background: none;
    overscroll-behavior: contain;
    scrollbar-width: thin;
  }

  .input::placeholder {
    color: var(--_muted);
    opacity: 1;
  }

  .send {
    flex: none;
    display: grid;
    place-items: center;
    width: 36px;
    height: 36px;
    border-radius: 50%;
    color: var(--_on-accent);
    background: var(--_accent);
    transition:
      background 0.2s,
      color 0.2s,
      transform 0.2s var(--_ease);
  }

  .send:active:enabled {
    transform: scale(0.92);
  }

  .send:disabled {
    color: var(--_muted);
    background: var(--_line);
  }

  .send.stop {
    color: var(--_surface);
    background: var(--_text);
  }

  .send.stop:disabled {
    opacity: 0.45;
  }

  .footnote {
    margin-top: 8px;
    font-size: 11.5px;
    line-height: 1.4;
    text-align: center;
    color: var(--_muted);
  }

  @media (pointer: coarse) {
    /* Below 16 px a phone zooms into a field that is tapped. */
    .input {
      font-size: 16px;
    }
  }
`;
