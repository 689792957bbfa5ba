import { css } from "lit";

/**
 * The design's values. Each public `--miptech-*` property is read once, here; the rest of the styles
 * use the private names only.
 */
export const tokens = css`
  :host {
    color-scheme: light dark;
    --_accent: var(--miptech-accent, light-dark(#0c6a5b, #5fd3bb));
    --_on-accent: var(--miptech-on-accent, light-dark(#ffffff, #04211b));
    --_surface: var(--miptech-surface, light-dark(#ffffff, #16191a));
    --_raised: var(--miptech-surface-raised, light-dark(#f5f6f4, #1f2324));
    --_text: var(--miptech-text, light-dark(#191c1b, #e9eceb));
    --_muted: var(--miptech-muted, light-dark(#5c6462, #a0a8a6));
    --_line: var(--miptech-line, light-dark(#e4e7e4, #2c3132));
    /* The accent as a wash: its hue, at a lightness that text stands well on. */
    --_tint: light-dark(
      oklch(from var(--_accent) 0.954 calc(c * 0.27) h),
      oklch(from var(--_accent) 0.29 calc(c * 0.31) h)
    );
    --_tint-strong: light-dark(
      oklch(from var(--_accent) 0.885 calc(c * 0.5) h),
      oklch(from var(--_accent) 0.37 calc(c * 0.4) h)
    );
    --_danger: light-dark(#a8321f, #ff9d8a);
    --_danger-tint: light-dark(#fdf1ee, #2c1d1a);
    --_warning: light-dark(#7a5300, #f0c674);
    --_warning-tint: light-dark(#fcf5e3, #29231a);
    --_good: light-dark(#1d9a63, #4ed69a);
    --_radius: var(--miptech-radius, 20px);
    --_font: var(
      --miptech-font,
      system-ui,
      -apple-system,
      "Segoe UI",
      Roboto,
      "Helvetica Neue",
      "Noto Sans",
      "Open Sans",
      Arial,
      sans-serif
    );
    --_mono: var(
      --miptech-font-mono,
      ui-monospace,
      "SF Mono",
      "Cascadia Code",
      Menlo,
      Consolas,
      "DejaVu Sans Mono",
      monospace
    );
    --_ease: cubic-bezier(0.22, 1, 0.36, 1);
    --_shadow:
      0 1px 2px light-dark(rgb(16 30 26 / 6%), rgb(0 0 0 / 30%)),
      0 12px 28px -6px light-dark(rgb(16 30 26 / 14%), rgb(0 0 0 / 50%)),
      0 32px 64px -18px light-dark(rgb(16 30 26 / 22%), rgb(0 0 0 / 60%));
  }

  :host([theme="light"]) {
    color-scheme: light;
  }

  :host([theme="dark"]) {
    color-scheme: dark;
  }
`;
