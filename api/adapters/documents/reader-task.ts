import { AppError } from "../../core/errors.ts";
import { parseErrors, type ParsedDocument } from "../../core/documents/parsed-document.ts";
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
  | { readonly document: Omit<ParsedDocument, "text"> }
  | { readonly error: { readonly code: string; readonly message: string } };

export const readySign = "\n";

export function tellTask(task: ReaderTask): string {
  return JSON.stringify(task);
}

export function readTask(told: string): ReaderTask {
  return JSON.parse(told) as ReaderTask;
}

export function tellDocument({ text, ...rest }: ParsedDocument): string {
  return `${JSON.stringify({ document: rest } satisfies Head)}\n${text}`;
}

export function tellError({ code, message }: AppError): string {
  return `${JSON.stringify({ error: { code, message } } satisfies Head)}\n`;
}

/** @throws AppError the one that was told. @throws Error for a reply that is none. */
export function readReply(bytes: Buffer): ParsedDocument {
  const from = bytes.indexOf(readySign) + 1;
  const end = bytes.indexOf("\n", from);
  if (end < 0) throw new Error("A document's reader gave no answer");
  const head = JSON.parse(bytes.toString("utf8", from, end)) as Head;
  if ("document" in head) {
    const { title, language, pages } = head.document;
    return { text: bytes.toString("utf8", end + 1), title, language, pages };
  }
  const { message } = head.error;
  const code = parseErrors.find((known) => known === head.error.code);
  if (!code) throw new Error(`A document's reader failed: ${message}`);
  throw new AppError(code, message);
}
