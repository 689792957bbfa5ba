import { css } from "lit";

/** Inside the panel: header and banner, and the movements that all share. */
export const panel = css`
  .header {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 14px 14px 14px 18px;
    border-bottom: 1px solid var(--_line);
  }

  .mark {
    flex: none;
    display: grid;
    place-items: center;
    width: 38px;
    height: 38px;
    border-radius: 12px;
    color: var(--_on-accent);
    background: linear-gradient(
      145deg,
      color-mix(in oklab, var(--_accent) 82%, #fff),
      var(--_accent) 65%
    );
  }

  .titles {
    flex: 1;
    min-width: 0;
  }

  .heading {
    overflow: hidden;
    font-size: 15.5px;
    font-weight: 650;
    line-height: 1.3;
    letter-spacing: -0.01em;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .status {
    display: flex;
    align-items: center;
    gap: 6px;
    font-size: 12.5px;
    line-height: 1.4;
    color: var(--_muted);
  }

  .dot {
    width: 7px;
    height: 7px;
    border-radius: 50%;
    background: currentColor;
    transition: background 0.3s;
  }

  .status[data-phase="connected"] .dot {
    background: var(--_good);
  }

  .status:is([data-phase="connecting"], [data-phase="waiting"]) .dot {
    background: var(--_warning);
    animation: breathe 1.4s ease-in-out infinite;
  }

  .icon-button {
    display: grid;
    place-items: center;
    width: 38px;
    height: 38px;
    border-radius: 12px;
    color: var(--_muted);
    transition: background 0.15s;
  }

  .icon-button:hover:enabled {
    color: var(--_text);
    background: var(--_raised);
  }

  .icon-button:disabled {
    opacity: 0.4;
  }

  .tools {
    flex: none;
    display: flex;
    gap: 2px;
    margin-inline-end: -6px;
  }

  .back {
    margin-inline-start: -8px;
  }

  .back + .titles .heading {
    line-height: 38px;
  }

  .stage {
    position: relative;
    flex: 1;
    display: flex;
    flex-direction: column;
    min-height: 0;
  }

  .banner {
    display: flex;
    align-items: center;
    gap: 10px;
    flex: none;
    overflow: hidden;
    padding: 10px 18px;
    font-size: 13px;
    line-height: 1.4;
    color: var(--_warning);
    background: var(--_warning-tint);
    animation: unfold 0.3s var(--_ease) backwards;
  }

  /* Most losses are over before anybody need read of them; the header tells of them at once. */
  .banner[data-kind="reconnecting"] {
    animation-delay: 2.5s;
  }

  .banner:is([data-kind="refused"], [data-kind="exhausted"]) {
    color: var(--_danger);
    background: var(--_danger-tint);
  }

  .banner svg {
    flex: none;
    width: 18px;
    height: 18px;
  }

  .banner p {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
    text-wrap: balance;
  }

  .detail {
    opacity: 0.85;
  }

  .text-button {
    flex: none;
    display: inline-flex;
    align-items: center;
    gap: 6px;
    padding: 5px 10px;
    border-radius: 9px;
    font-size: 13px;
    font-weight: 600;
    white-space: nowrap;
    background: color-mix(in oklab, currentColor 11%, transparent);
    transition: background 0.15s;
  }

  .text-button:hover:enabled {
    background: color-mix(in oklab, currentColor 19%, transparent);
  }

  .text-button.plain {
    font-weight: 500;
    color: var(--_muted);
    background: none;
  }

  .text-button.plain:hover:enabled {
    color: var(--_text);
    background: var(--_raised);
  }

  .text-button.danger {
    color: var(--_danger);
  }

  .field {
    width: 100%;
    min-width: 0;
    padding: 7px 11px;
    border: 1px solid var(--_line);
    border-radius: 11px;
    font: inherit;
    font-size: 14px;
    line-height: 1.45;
    color: inherit;
    background: var(--_surface);
    outline: none;
  }

  .field:focus {
    border-color: var(--_accent);
    box-shadow: 0 0 0 3px var(--_tint-strong);
  }

  .text-button:disabled {
    opacity: 0.65;
    font-variant-numeric: tabular-nums;
  }

  @keyframes breathe {
    50% {
      opacity: 0.3;
    }
  }

  @keyframes unfold {
    from {
      max-height: 0;
      padding-block: 0;
      opacity: 0;
    }
    to {
      max-height: 160px;
    }
  }

  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(10px);
    }
  }
`;
