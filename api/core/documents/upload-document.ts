import { AppError } from "../errors.ts";
import { isStorable, notStorable } from "../storable.ts";
import type { Tenant } from "../tenant.ts";
import { checkBytes } from "./check-bytes.ts";
import type { PutResult, StoredDocument } from "./document-store.ts";
import type { IngestionStore, NewVersion } from "./ingestion.ts";
import { documentMediaTypes, guessMediaType, readMediaType } from "./media-types.ts";

/** The largest document in bytes, where the configuration says nothing else. */
export const defaultMaxDocumentBytes = 25 * 1024 * 1024;
/** UTF-16 units. */
export const maxSourceLength = 512;
export const maxDocumentTitleLength = 200;
const maxUrlLength = 2000;

/** Sources that begin so are the platform's own documents, which are brought up to date at each start. */
export const reservedPrefix = "platform/";

/** A document as an admin brings it. */
export interface Upload {
  /** What it is known by, such as `handbook/holidays.md`: the same again replaces it. */
  readonly source: string;
  /** Left out: what the document says of itself, its first heading, else its first words. */
  readonly title?: string | null | undefined;
  /** Where readers of a citation find it. */
  readonly url?: string | null | undefined;
  /** As in `text/html; charset=windows-1252`. Left out: what the source's ending says, else Markdown. */
  readonly mediaType?: string | null | undefined;
  readonly content: Uint8Array;
}

export interface UploadDeps {
  readonly ingestions: IngestionStore;
  readonly maxDocumentBytes: number;
}

/** What is about to be stored. */
export interface UploadPlan {
  readonly version: NewVersion;
  /** The one of the same source, whose place it takes. */
  readonly replaced: StoredDocument | undefined;
}

/** Told before anything is stored; what it throws leaves all as it is. */
export type BeforeUpload = (plan: UploadPlan) => Promise<void>;

/**
 * Takes a document of a tenant's own: it is stored as it is, and read in the background.
 * @param before told when it is found to be right, and differs from what is stored.
 * @throws AppError INVALID_REQUEST, SOURCE_RESERVED, INVALID_DOCUMENT, UNSUPPORTED_MEDIA_TYPE, DOCUMENT_ENCRYPTED,
 *   PAYLOAD_TOO_LARGE, DOCUMENT_LIMIT_REACHED
 */
export async function uploadDocument(
  { ingestions, maxDocumentBytes }: UploadDeps,
  tenant: Tenant,
  upload: Upload,
  before: BeforeUpload = async () => undefined,
): Promise<PutResult> {
  const source = checkSource(upload.source);
  const { mediaType, charset } = checkMediaType(upload.mediaType, source);
  const draft = {
    source,
    title: checkTitle(upload.title),
    url: checkUrl(upload.url),
    mediaType,
    charset,
    original: upload.content,
  };
  if (draft.original.length > maxDocumentBytes) throw documentTooLarge(maxDocumentBytes);
  checkContent(draft);
  const version = { ...draft, hash: await hashVersion(draft) };
  const plan = await ingestions.planVersion(tenant, version);
  if (plan.status === "unchanged") return plan;
  await before({ version, replaced: plan.replaced });
  return ingestions.queueVersion(tenant, version);
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
function checkTitle(given: string | null | undefined): string | null {
  if (!given?.trim()) return null;
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

function checkMediaType(
  given: string | null | undefined,
  source: string,
): Pick<NewVersion, "mediaType" | "charset"> {
  if (!given) return { mediaType: guessMediaType(source) ?? "text/markdown", charset: null };
  const mediaType = readMediaType(given);
  if (!mediaType) {
    const text = `A document is of one of the types ${documentMediaTypes.join(", ")}`;
    throw new AppError("UNSUPPORTED_MEDIA_TYPE", text);
  }
  const charset = /;\s*charset="?([\w.:-]{1,40})"?/i.exec(given)?.[1]?.toLowerCase() ?? null;
  return { mediaType, charset: charset === "utf-8" || charset === "us-ascii" ? null : charset };
}

/** What can be told at once needn't wait for the reading; texts are checked to their end. */
function checkContent({ original, mediaType, charset }: Omit<NewVersion, "hash">): void {
  checkBytes(original, mediaType);
  const isText = mediaType === "text/markdown" || mediaType === "text/plain";
  if (!isText || charset !== null) return;
  const text = decodeText(original);
  if (text.trim() === "") throw new AppError("INVALID_DOCUMENT", "The document is empty");
  if (text.includes("\0"))
    throw new AppError("INVALID_DOCUMENT", "The document is not text: it holds NUL");
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("INVALID_DOCUMENT", "The document is not valid UTF-8", { cause });
  }
}

/** Grows with each change of what is made of the same bytes, so that they are taken in anew. */
const ingestVersion = 1;

async function hashVersion({
  title,
  url,
  mediaType,
  charset,
  original,
}: Omit<NewVersion, "hash">): Promise<string> {
  const content = toHex(await crypto.subtle.digest("SHA-256", Uint8Array.from(original)));
  const fields = JSON.stringify([ingestVersion, title, url, mediaType, charset, content]);
  return toHex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(fields)));
}

function toHex(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function documentTooLarge(maxDocumentBytes: number): AppError {
  return new AppError("PAYLOAD_TOO_LARGE", `A document is at most ${maxDocumentBytes} bytes`);
}
