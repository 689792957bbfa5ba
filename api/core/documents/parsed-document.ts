import type { PassageDraft } from "./document-store.ts";

/** What a document says, once its format is taken away. */
export interface ParsedDocument {
  /**
   * Markdown (of `text/plain`: the text itself), to which all offsets refer. It holds no NUL and no
   * half of a surrogate pair, begins with no byte order mark, and has something beside white space.
   */
  readonly text: string;
  /**
   * The title that the document gives itself, such as HTML's `<title>`; undefined: its first words may stand for one;
   * empty: they may not, as of CSV, and its source names it.
   */
  readonly title: string | undefined;
  /** Primary subtag of BCP 47 in lower case, such as `de`, where the document says it. */
  readonly language: string | undefined;
  /** Where each page begins in `text`, in order; none where the format has no pages. */
  readonly pages: readonly PageStart[];
}

export interface PageStart {
  /** From 1. A page without text is left out. */
  readonly page: number;
  /** UTF-16 units. */
  readonly start: number;
}

/** A document with what it is split into: as `splitDocument` does it, which takes too long for a server's event loop. */
export interface SplitDocument extends ParsedDocument {
  readonly passages: readonly PassageDraft[];
  /** The words of its first heading, else its first words; empty where it has neither. */
  readonly firstWords: string;
}

export interface DocumentParser {
  /**
   * Reads and splits a document, a large one outside of the server's event loop.
   * @param mediaType one of `documentMediaTypes` or another name of it, as `readMediaType` reads it; a
   * `charset` that stands with it counts, as in `text/html; charset=windows-1252`.
   * @throws AppError with one of `parseErrors`, which would be the same at the next try: don't retry.
   * Whatever else it throws is the machine's fault, and worth another try.
   * @throws the signal's reason when it is aborted; what ran for the document is then ended.
   */
  parse(bytes: Uint8Array, mediaType: string, signal: AbortSignal): Promise<SplitDocument>;
}

/** What can be wrong with a document; each is an error of the bytes, not of the moment. */
export const parseErrors = [
  /** Empty, damaged, not in its encoding, or of another format than its media type says. */
  "INVALID_DOCUMENT",
  /** Its media type is none of `documentMediaTypes`. */
  "UNSUPPORTED_MEDIA_TYPE",
  /** It opens with a password only. */
  "DOCUMENT_ENCRYPTED",
  /** It is in order and says nothing, such as a PDF of scanned pages. */
  "DOCUMENT_WITHOUT_TEXT",
  /** Its text, or what it unpacks to, is more than is taken. */
  "DOCUMENT_TOO_LARGE",
  /** Reading it took more time or memory than a document is given. */
  "DOCUMENT_TOO_COMPLEX",
] as const;
