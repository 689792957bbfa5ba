import { putDocument, type BeforePut, type DocumentDeps, type PutResult } from "./documents.ts";
import { AppError } from "../errors.ts";
import { isStorable, notStorable } from "../storable.ts";
import type { Tenant } from "../tenant.ts";

/** The largest text of a document, in bytes of UTF-8. */
export const maxDocumentBytes = 1024 * 1024;
/** UTF-16 units. */
export const maxSourceLength = 512;
export const maxDocumentTitleLength = 200;
const maxUrlLength = 2000;

/** Sources that begin so are the platform's own documents, which are brought up to date at each start. */
export const reservedPrefix = "platform/";

export const documentMediaTypes = ["text/markdown", "text/plain"] as const;
export type DocumentMediaType = (typeof documentMediaTypes)[number];

/** A document as an admin brings it. */
export interface Upload {
  /** What it is known by, such as `handbook/holidays.md`: the same again replaces it. */
  readonly source: string;
  /** Left out: the first heading, else the first words. */
  readonly title?: string | null | undefined;
  /** Where readers of a citation find it. */
  readonly url?: string | null | undefined;
  /** Left out: what the source's ending says, else Markdown. */
  readonly mediaType?: DocumentMediaType | null | undefined;
  readonly text: string;
}

/**
 * Stores a document of a tenant's own; answers draw on it from then on.
 * @param before told when it is found to be right, and differs from what is stored.
 * @throws AppError INVALID_REQUEST, SOURCE_RESERVED, INVALID_DOCUMENT, PAYLOAD_TOO_LARGE
 */
export async function uploadDocument(
  deps: DocumentDeps,
  tenant: Tenant,
  upload: Upload,
  before?: BeforePut,
): Promise<PutResult> {
  const source = checkSource(upload.source);
  const document = {
    source,
    title: checkTitle(upload.title),
    url: checkUrl(upload.url),
    mediaType: upload.mediaType ?? guessMediaType(source),
    text: checkText(upload.text),
  };
  return putDocument(deps, tenant, document, before);
}

function checkSource(given: string): string {
  const isName = /^[^\p{Cc}\p{Cs}]+$/u.test(given) && given === given.trim();
  if (!isName || given.length > maxSourceLength) {
    const rule = `1 to ${maxSourceLength} characters without control characters, and without blanks at the ends, are expected`;
    throw new AppError("INVALID_REQUEST", `source: ${rule}`);
  }
  if (given.startsWith(reservedPrefix)) {
    const text = `Sources that begin with ${reservedPrefix} are kept by the platform itself`;
    throw new AppError("SOURCE_RESERVED", text);
  }
  return given;
}

/** One that holds nothing counts as left out. */
function checkTitle(given: string | null | undefined): string | undefined {
  if (!given?.trim()) return undefined;
  if (!isStorable(given)) throw new AppError("INVALID_REQUEST", `title: ${notStorable}`);
  if (given.length <= maxDocumentTitleLength) return given;
  const rule = `at most ${maxDocumentTitleLength} characters are expected`;
  throw new AppError("INVALID_REQUEST", `title: ${rule}`);
}

/** A reader follows it from the citation, so nothing but a web address will do. */
function checkUrl(given: string | null | undefined): string | null {
  if (!given) return null;
  const url = given.length <= maxUrlLength ? URL.parse(given) : null;
  if (url && /^https?:$/.test(url.protocol)) return url.href;
  throw new AppError(
    "INVALID_REQUEST",
    "url: an address such as https://example.com/page is expected",
  );
}

function guessMediaType(source: string): DocumentMediaType {
  return /\.txt$/i.test(source) ? "text/plain" : "text/markdown";
}

function checkText(given: string): string {
  const text = given.startsWith(byteOrderMark) ? given.slice(1) : given;
  if (text.trim() === "") throw new AppError("INVALID_DOCUMENT", "The document is empty");
  if (text.includes("\0"))
    throw new AppError("INVALID_DOCUMENT", "The document is not text: it holds NUL");
  if (!text.isWellFormed()) throw notUnicode();
  if (new TextEncoder().encode(text).length > maxDocumentBytes) throw documentTooLarge();
  return text;
}

const byteOrderMark = "\ufeff";

/** Of bytes that aren't UTF-8, and of half a surrogate pair. */
export function notUnicode(cause?: unknown): AppError {
  return new AppError("INVALID_DOCUMENT", "The document is not valid UTF-8", { cause });
}

export function documentTooLarge(): AppError {
  return new AppError(
    "PAYLOAD_TOO_LARGE",
    `A document is at most ${maxDocumentBytes} bytes of text`,
  );
}
