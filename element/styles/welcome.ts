import { css } from "lit";

/** What an empty chat shows. */
export const welcome = css`
  .welcome {
    display: flex;
    flex-direction: column;
    justify-content: flex-end;
    min-height: 100%;
    padding-top: 8px;
  }

  .mark.large {
    width: 52px;
    height: 52px;
    margin-bottom: 20px;
    border-radius: 17px;
    animation: rise 0.5s var(--_ease) backwards;
  }

  .greeting {
    font-size: 25px;
    font-weight: 680;
    line-height: 1.2;
    letter-spacing: -0.025em;
    text-wrap: balance;
  }

  .introduction {
    margin-top: 8px;
    max-width: 34ch;
    font-size: 14.5px;
    color: var(--_muted);
    text-wrap: pretty;
  }

  .suggestions {
    display: grid;
    gap: 8px;
    margin-top: 26px;
  }

  .suggestions li {
    animation: rise 0.5s var(--_ease) backwards;
  }

  .suggestions li:nth-child(2) {
    animation-delay: 0.05s;
  }

  .suggestions li:nth-child(n + 3) {
    animation-delay: 0.1s;
  }

  .suggestion {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 12px;
    width: 100%;
    padding: 12px 14px 12px 16px;
    border: 1px solid var(--_line);
    border-radius: 14px;
    font-size: 14.5px;
    line-height: 1.35;
    text-align: start;
    transition:
      background 0.15s,
      border-color 0.15s;
  }

  .suggestion svg {
    flex: none;
    width: 16px;
    height: 16px;
    color: var(--_muted);
    transition: transform 0.25s var(--_ease);
  }

  .suggestion:hover:enabled {
    border-color: color-mix(in oklab, var(--_accent) 40%, var(--_line));
    background: var(--_tint);
  }

  .suggestion:hover:enabled svg {
    color: var(--_accent);
    transform: translate(2px, -2px);
  }

  .suggestion:disabled {
    opacity: 0.55;
  }
`;
