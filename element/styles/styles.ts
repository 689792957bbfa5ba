import { css } from "lit";
import { actions } from "./actions.ts";
import { chats } from "./chats.ts";
import { composer } from "./composer.ts";
import { frame } from "./frame.ts";
import { messages } from "./messages.ts";
import { panel } from "./panel.ts";
import { prose } from "./prose.ts";
import { tokens } from "./tokens.ts";
import { welcome } from "./welcome.ts";

const calm = css`
  @media (prefers-reduced-motion: reduce) {
    *,
    ::before,
    ::after {
      animation: none !important;
      transition: none !important;
    }

    .banner[data-kind="reconnecting"] {
      animation: unfold 1ms 2.5s backwards !important;
    }
  }

  @media (forced-colors: active) {
    .panel,
    .launcher,
    .send,
    .bubble,
    .citation {
      border: 1px solid;
    }
  }
`;

/** In this order: a later sheet wins over an earlier one. */
export const styles = [
  tokens,
  frame,
  panel,
  welcome,
  messages,
  prose,
  actions,
  composer,
  chats,
  calm,
];
