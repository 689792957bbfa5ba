import { DOMParser } from "linkedom";
import { decodeHtml } from "./decode-html.ts";
import { finishDocument } from "./finish-document.ts";
import { findMainContent } from "./main-content.ts";
import { writeMarkdown } from "./markdown-writer.ts";
import { measureHtml } from "./measure-html.ts";
import { createTextWriter } from "./text-writer.ts";
import type { DomDocument } from "./dom.ts";
import type { ParsedDocument } from "../../core/documents/parsed-document.ts";
import type { ReadInput } from "./read-input.ts";

/** A page's main content as Markdown; of a page without one, all that it shows. */
export function readHtml({ bytes, charset, limits }: ReadInput): ParsedDocument {
  const html = decodeHtml(bytes, charset);
  const size = measureHtml(html);
  const document = parseHtml(html);
  const language = document.documentElement?.getAttribute("lang");
  const title = document.querySelector("title")?.textContent;
  const writer = createTextWriter(limits.text);
  for (const block of findMainContent(document, size, () => parseHtml(html))) writer.add(block);
  return finishDocument(
    writer.finish(),
    { title, language },
    "The page shows no text; what a script would write there can't be read",
  );
}

/** The same Markdown of HTML that says nothing but its content, as a converter gives it. */
export function writeHtmlBody(html: string): string[] {
  measureHtml(html);
  const { documentElement } = parseHtml(html);
  return documentElement ? writeMarkdown(documentElement) : [];
}

function parseHtml(html: string): DomDocument {
  // linkedom takes the first element for the root, whatever it is.
  const whole = /<html[\s>]/i.test(html) ? html : `<html><body>${html}</body></html>`;
  return new DOMParser().parseFromString(whole, "text/html") as unknown as DomDocument;
}
