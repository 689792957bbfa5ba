import { html, svg, type SVGTemplateResult } from "lit";

const icon = (shape: SVGTemplateResult) =>
  html`<svg
    viewBox="0 0 24 24"
    width="20"
    height="20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.9"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    ${shape}
  </svg>`;

export const chatIcon = icon(
  svg`<path d="M20.5 11.6c0 4.3-3.8 7.8-8.5 7.8-1.1 0-2.1-.2-3.1-.5L4.2 20.4l1.3-3.9a7.4 7.4 0 0 1-2-4.9c0-4.3 3.8-7.8 8.5-7.8s8.5 3.5 8.5 7.8Z"/><path d="M8.6 11.7h.01M12 11.7h.01M15.4 11.7h.01" stroke-width="2.4"/>`,
);
export const downIcon = icon(svg`<path d="m6 9.5 6 6 6-6"/>`);
export const closeIcon = icon(svg`<path d="m6.5 6.5 11 11m0-11-11 11"/>`);
export const sendIcon = icon(svg`<path d="M12 19V5.5M6 11l6-6 6 6"/>`);
export const stopIcon = icon(
  svg`<rect x="7" y="7" width="10" height="10" rx="2" fill="currentColor" stroke="none"/>`,
);
export const arrowIcon = icon(svg`<path d="M7 17 17 7M9 7h8v8"/>`);
export const retryIcon = icon(
  svg`<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9"/><path d="M19.5 4.5V9H15"/>`,
);
export const alertIcon = icon(
  svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 8v4.5M12 15.8h.01"/>`,
);
export const chevronIcon = icon(svg`<path d="m9.5 6.5 5.5 5.5-5.5 5.5"/>`);
/** The assistant's mark: the quotation marks of an answer that names its sources. */
export const markIcon = html`<svg
  viewBox="0 0 24 24"
  fill="currentColor"
  aria-hidden="true"
  focusable="false"
>
  <path
    d="M9.9 4.2C5.2 5.3 2 9 2 13.8 2 17.3 3.9 19.6 6.6 19.6c2.4 0 4.2-1.8 4.2-4.2 0-2.3-1.6-4-3.8-4-.3 0-.6 0-.8.1.5-1.9 2-3.4 4.3-4.2l-.6-3.1Z"
  />
  <path
    d="M21.1 4.2c-4.7 1.1-7.9 4.8-7.9 9.6 0 3.5 1.9 5.8 4.6 5.8 2.4 0 4.2-1.8 4.2-4.2 0-2.3-1.6-4-3.8-4-.3 0-.6 0-.8.1.5-1.9 2-3.4 4.3-4.2l-.6-3.1Z"
  />
</svg>`;
