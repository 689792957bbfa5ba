import { AppError } from "../../core/errors.ts";
import type { PassageDraft } from "../../core/documents/document-store.ts";
import { parseErrors, type SplitDocument } from "../../core/documents/parsed-document.ts";
import type { DocumentMediaType } from "../../core/documents/media-types.ts";
import type { ParserLimits } from "./limits.ts";

/** What a reader's process is told on its command line; the document's bytes come on its input. */
export interface ReaderTask {
  readonly type: DocumentMediaType;
  readonly charset: string | undefined;
  readonly limits: ParserLimits;
}

/**
 * What it answers on its output: a line break when it is ready to read, then a line of JSON with all
 * but the text, then the text in UTF-8.
 */
type Head =
  | { readonly document: Omit<SplitDocument, "text" | "passages"> & TextPlaces }
  | { readonly error: { readonly code: string; readonly message: string } };

/** Passages by their places in the text. */
interface TextPlaces {
  /** Each written once for the passages below it. */
  readonly headings: readonly string[];
  /** Of each passage: which of the headings, where it begins and ends, and its page, 0 where it has none. */
  readonly places: readonly (readonly [
    heading: number,
    start: number,
    end: number,
    page: number,
  ])[];
}

export const readySign = "\n";

export function tellTask(task: ReaderTask): string {
  return JSON.stringify(task);
}

export function readTask(told: string): ReaderTask {
  return JSON.parse(told) as ReaderTask;
}

export function tellDocument({ text, passages, ...rest }: SplitDocument): string {
  const document = { ...rest, ...toPlaces(passages) };
  return `${JSON.stringify({ document } satisfies Head)}\n${text}`;
}

function toPlaces(passages: readonly PassageDraft[]): TextPlaces {
  const headings: string[] = [];
  const places = passages.map(({ heading, text, start, page }) => {
    if (headings.at(-1) !== heading) headings.push(heading);
    return [headings.length - 1, start, start + text.length, page ?? 0] as const;
  });
  return { headings, places };
}

export function tellError({ code, message }: AppError): string {
  return `${JSON.stringify({ error: { code, message } } satisfies Head)}\n`;
}

/** @throws AppError the one that was told. @throws Error for a reply that is none. */
export function readReply(bytes: Buffer): SplitDocument {
  const from = bytes.indexOf(readySign) + 1;
  const end = bytes.indexOf("\n", from);
  if (end < 0) throw new Error("A document's reader gave no answer");
  const head = JSON.parse(bytes.toString("utf8", from, end)) as Head;
  if ("document" in head) {
    const { title, language, pages, firstWords, headings, places } = head.document;
    const text = bytes.toString("utf8", end + 1);
    const passages = places.map(([heading, start, to, page]) => ({
      heading: headings[heading] ?? "",
      text: text.slice(start, to),
      start,
      page: page === 0 ? null : page,
    }));
    return { text, title, language, pages, firstWords, passages };
  }
  const { message } = head.error;
  const code = parseErrors.find((known) => known === head.error.code);
  if (!code) throw new Error(`A document's reader failed: ${message}`);
  throw new AppError(code, message);
}
