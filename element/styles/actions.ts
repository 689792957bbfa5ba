import { css } from "lit";

/** Under an answer: copy, thumbs, the comment. */
export const actions = css`
  .actions {
    display: flex;
    align-items: center;
    gap: 2px;
    margin: 8px 0 0 -7px;
    color: var(--_muted);
  }

  .action {
    display: grid;
    place-items: center;
    width: 32px;
    height: 32px;
    border-radius: 10px;
    transition:
      color 0.15s,
      background 0.15s;
  }

  .action svg {
    width: 17px;
    height: 17px;
  }

  @media (hover: hover) {
    .action:hover {
      color: var(--_text);
      background: var(--_raised);
    }
  }

  .action[aria-pressed="true"] {
    color: var(--_accent);
  }

  .action[aria-pressed="true"] svg {
    fill: var(--_tint-strong);
    animation: press 0.35s var(--_ease);
  }

  .thanks {
    margin-inline-start: 6px;
    font-size: 12.5px;
    animation: rise 0.3s var(--_ease) backwards;
  }

  .degraded {
    display: flex;
    gap: 7px;
    margin-top: 12px;
    line-height: 1.45;
  }

  .degraded svg {
    flex: none;
    width: 15px;
    height: 15px;
    margin-top: 1.5px;
  }

  .comment {
    margin-top: 8px;
    padding: 12px;
    border-radius: 16px;
    background: var(--_raised);
    animation: rise 0.3s var(--_ease) backwards;
  }

  .comment label {
    display: block;
    margin-bottom: 7px;
    font-size: 13px;
    font-weight: 600;
  }

  .comment label span {
    font-weight: 400;
    color: var(--_muted);
  }

  .comment textarea {
    display: block;
    resize: none;
    field-sizing: content;
    min-height: 58px;
    max-height: 132px;
  }

  .comment-buttons {
    display: flex;
    justify-content: flex-end;
    gap: 4px;
    margin-top: 9px;
  }

  .comment-buttons [type="submit"] {
    color: var(--_accent);
  }

  @media (pointer: coarse) {
    .action {
      width: 40px;
      height: 40px;
    }
  }

  @keyframes press {
    from {
      transform: scale(0.7) rotate(-8deg);
    }
  }
`;
