import { css } from "lit";
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
      animation-duration: 1ms !important;
      animation-delay: 0s !important;
      animation-iteration-count: 1 !important;
      transition-duration: 1ms !important;
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
export const styles = [tokens, frame, panel, welcome, messages, prose, composer, calm];
