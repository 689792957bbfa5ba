import { AppError } from "../../core/errors.ts";
import type { ParsedDocument } from "../../core/documents/parsed-document.ts";

/** @throws AppError DOCUMENT_WITHOUT_TEXT, in the given words or general ones. */
export function finishDocument(
  text: string,
  {
    title,
    language,
    pages = [],
    isData = false,
  }: {
    readonly title?: string | null | undefined;
    /** Of records its first words are no title either: its source names it better. */
    readonly isData?: boolean;
    /** A tag such as `de-AT`. */
    readonly language?: string | null | undefined;
    readonly pages?: ParsedDocument["pages"];
  } = {},
  withoutText = "The document has no text",
): ParsedDocument {
  if (text.trim() === "") throw new AppError("DOCUMENT_WITHOUT_TEXT", withoutText);
  const subtag = /^[a-z]{2,3}(?=$|[-_])/i.exec(language?.trim() ?? "")?.[0].toLowerCase();
  const own = cleanTitle(title ?? "") ?? (isData ? "" : undefined);
  return { text, title: own, language: subtag, pages };
}

/** Characters; whoever shows it may cut it further. */
const longestTitle = 500;

function cleanTitle(given: string): string | undefined {
  const words = given
    .slice(0, 10_000)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return words === "" ? undefined : words.slice(0, longestTitle).toWellFormed();
}
