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
export const chatsIcon = icon(svg`<path d="M4.5 7h15M4.5 12h15M4.5 17h9"/>`);
export const newChatIcon = icon(
  svg`<path d="M11.5 5H7a2.5 2.5 0 0 0-2.5 2.5V17A2.5 2.5 0 0 0 7 19.5h9.5A2.5 2.5 0 0 0 19 17v-4.5"/><path d="m10 14 .6-2.7 7.3-7.3a1.5 1.5 0 0 1 2.1 2.1l-7.3 7.3Z"/>`,
);
export const backIcon = icon(svg`<path d="M19 12H5.5M11.5 5.5 5 12l6.5 6.5"/>`);
export const copyIcon = icon(
  svg`<rect x="8.5" y="8.5" width="11" height="11" rx="2.5"/><path d="M15.5 5.2A2.5 2.5 0 0 0 13 4.5H7A2.5 2.5 0 0 0 4.5 7v6c0 1 .3 1.7.7 2.5"/>`,
);
export const checkIcon = icon(svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`);
const thumb = svg`<path d="M7.5 10.5 11.300 4c1.300 0 2.200 1 2.200 2.300v3.400h4.200c1.300 0 2.300 1.200 2 2.5l-1.100 5.5c-.2 1.100-1.200 1.800-2.300 1.800H7.5Z"/><path d="M7.5 10.5H4.300v9h3.200"/>`;
export const upIcon = icon(thumb);
export const downThumbIcon = icon(svg`<g transform="rotate(180 12 12)">${thumb}</g>`);
export const pencilIcon = icon(
  svg`<path d="m4.5 19.5.9-3.900L15.900 5.100a2.100 2.100 0 0 1 3 3L8.400 18.600Z"/><path d="m14 7 3 3"/>`,
);
export const trashIcon = icon(
  svg`<path d="M4.5 6.5h15M9.5 6.5v-2h5v2M6.5 6.5l.8 12a1.5 1.5 0 0 0 1.5 1.400h6.400a1.5 1.5 0 0 0 1.5-1.400l.8-12M10.200 10.5v5.5M13.800 10.5v5.5"/>`,
);
export const infoIcon = icon(
  svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 11.5V16M12 8.2h.01"/>`,
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
