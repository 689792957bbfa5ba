import { css } from "lit";

/** The text of an answer. */
export const prose = css`
  .prose {
    overflow-wrap: anywhere;
  }

  .prose[hidden] {
    display: none;
  }

  .prose > * {
    margin: 0;
  }

  .prose > * + * {
    margin-top: 0.72em;
  }

  .prose :is(h3, h4, h5, h6) {
    font-size: 1.02em;
    font-weight: 660;
    line-height: 1.35;
    letter-spacing: -0.01em;
  }

  .prose h3 {
    font-size: 1.14em;
  }

  .prose > * + :is(h3, h4, h5, h6) {
    margin-top: 1.15em;
  }

  .prose :is(ul, ol) {
    padding-inline-start: 1.35em;
    list-style: disc;
  }

  .prose ol {
    list-style: decimal;
  }

  .prose li + li,
  .prose li > :is(ul, ol, p) {
    margin-top: 0.32em;
  }

  .prose li::marker {
    color: var(--_muted);
    font-variant-numeric: tabular-nums;
  }

  .prose a {
    color: var(--_accent);
    text-underline-offset: 2px;
    text-decoration-thickness: 1px;
    text-decoration-color: color-mix(in oklab, currentColor 45%, transparent);
  }

  .prose a[href]:hover {
    text-decoration-color: currentColor;
  }

  .prose :is(strong, th) {
    font-weight: 640;
  }

  .prose code {
    padding: 0.12em 0.36em;
    border-radius: 6px;
    font: 0.88em/1.5 var(--_mono);
    background: var(--_raised);
  }

  .prose .code {
    position: relative;
    border: 1px solid var(--_line);
    border-radius: 14px;
    background: var(--_raised);
  }

  .prose .code::before {
    content: attr(data-language);
    display: block;
    height: 34px;
    padding: 0 14px;
    font-size: 11.5px;
    font-weight: 600;
    line-height: 36px;
    color: var(--_muted);
  }

  .copy-code {
    position: absolute;
    top: 4px;
    inset-inline-end: 5px;
    padding: 3px 9px;
    border-radius: 9px;
    font-size: 11.5px;
    font-weight: 600;
    line-height: 20px;
    color: var(--_muted);
    transition: background 0.15s;
  }

  .copy-code::before {
    content: attr(data-label);
  }

  .copy-code:hover {
    color: var(--_text);
    background: var(--_line);
  }

  .prose pre {
    margin: 0;
    padding: 0 14px 12px;
    overflow-x: auto;
    border-radius: 0 0 14px 14px;
    scrollbar-width: thin;
  }

  .prose pre code {
    padding: 0;
    background: none;
    overflow-wrap: normal;
    white-space: pre;
  }

  .prose blockquote {
    padding-inline-start: 14px;
    border-inline-start: 3px solid var(--_tint-strong);
  }

  .prose blockquote > * {
    margin: 0;
  }

  .prose blockquote > * + * {
    margin-top: 0.5em;
  }

  .prose hr {
    height: 1px;
    border: 0;
    background: var(--_line);
  }

  .prose .table {
    overflow-x: auto;
    border: 1px solid var(--_line);
    border-radius: 14px;
    scrollbar-width: thin;
  }

  .prose table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.93em;
    line-height: 1.4;
  }

  .prose :is(th, td) {
    padding: 8px 12px;
    text-align: start;
    vertical-align: top;
    overflow-wrap: normal;
  }

  .prose th {
    background: var(--_raised);
    white-space: nowrap;
  }

  .prose tr + tr :is(th, td) {
    border-top: 1px solid var(--_line);
  }

  .prose .checkbox {
    margin-inline-end: 0.4em;
  }

  .bound {
    white-space: nowrap;
  }

  .citation {
    min-width: 18px;
    height: 18px;
    margin-inline: 2px 1px;
    padding: 0 4px;
    border-radius: 6px;
    font-size: 11px;
    line-height: 1;
    vertical-align: 0.18em;
    transition:
      color 0.15s,
      background 0.15s;
  }

  .citation:hover:enabled {
    color: var(--_on-accent);
    background: var(--_accent);
  }

  .streaming > :is(p, h3, h4, h5, h6):last-child::after,
  .streaming > :is(ul, ol):last-child > li:last-child::after {
    content: "";
    display: inline-block;
    width: 8px;
    height: 8px;
    margin-inline-start: 5px;
    border-radius: 50%;
    background: var(--_accent);
    animation: breathe 1s ease-in-out infinite;
  }
`;
