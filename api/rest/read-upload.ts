import { documentTooLarge } from "../core/documents/upload-document.ts";
import {
  guessMediaType,
  readMediaType,
  documentMediaTypes,
} from "../core/documents/media-types.ts";
import { AppError } from "../core/errors.ts";
import { readBody } from "./body.ts";
import type { HttpContext, HttpStep } from "./env.ts";
import { unsupportedMediaType } from "./errors.ts";

/** Beside the document itself, in a form or in JSON. */
const surroundings = 64 * 1024;

/**
 * The step before an upload is validated: makes of a bare document, or of a form with one, the JSON that its fields
 * stand for, and leaves its bytes beside that. JSON without a `source` in the query is the JSON form itself; a body
 * without a media type is taken for that. The body is counted while it is read.
 * @throws AppError PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST
 */
export function createReadUpload(maxDocumentBytes: number): HttpStep {
  const refuse = () => documentTooLarge(maxDocumentBytes);
  return async (c, next) => {
    const { raw } = c.req;
    const given = raw.headers.get("content-type") ?? "application/json";
    const mediaType = given.split(";", 1)[0]?.trim().toLowerCase() ?? "";
    const query = c.req.query();
    if (mediaType === "multipart/form-data") {
      const bytes = await readBody(raw, maxDocumentBytes + surroundings, refuse);
      await leave(c, await readForm(bytes, given));
    } else if (mediaType === "application/json" && query.source === undefined) {
      requireUtf8(given);
      replaceBody(c, decodeText(await readBody(raw, mostJson(maxDocumentBytes), refuse)));
    } else {
      const { source, title, url } = query;
      const isUnknown = mediaType === "application/octet-stream";
      const type = isUnknown ? guessMediaType(source ?? "") : readMediaType(given);
      if (!type) throw notTaken();
      const bytes = await readBody(raw, maxDocumentBytes, refuse);
      const fields = { source, title, url, media_type: isUnknown ? type : given };
      await leave(c, { fields, bytes });
    }
    await next();
  };
}

/**
 * In base 64 four bytes stand for three; of a text each character may be escaped, which of a large one is more than is
 * worth reading.
 */
function mostJson(maxDocumentBytes: number): number {
  const escaped = Math.min(3 * maxDocumentBytes, 8 * 1024 * 1024);
  return Math.max(Math.ceil((maxDocumentBytes * 4) / 3), escaped) + surroundings;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("INVALID_DOCUMENT", "The document is not valid UTF-8", { cause });
  }
}

function notTaken(): AppError {
  return unsupportedMediaType(
    undefined,
    `multipart/form-data or one of ${documentMediaTypes.join(", ")}`,
  );
}

/** @throws AppError UNSUPPORTED_MEDIA_TYPE */
function requireUtf8(contentType: string): void {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1]?.toLowerCase();
  if (charset === undefined || /^(utf-?8|us-ascii)$/.test(charset)) return;
  throw unsupportedMediaType(undefined, "JSON in UTF-8");
}

interface Brought {
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly bytes: Uint8Array;
}

async function leave(c: HttpContext, { fields, bytes }: Brought): Promise<void> {
  c.set("uploaded", bytes);
  replaceBody(c, JSON.stringify(fields));
}

/** What comes after reads a request of its own, since a body can be read only once. */
function replaceBody(c: HttpContext, body: string): void {
  const { url, method, signal, headers: given } = c.req.raw;
  const headers = new Headers(given);
  headers.set("content-type", "application/json");
  c.req.raw = new Request(url, { method, headers, body, signal });
}

/**
 * One file, and beside it `source`, `title`, `url` and `media_type`; the source is by default the file's name.
 * @throws AppError INVALID_REQUEST, UNSUPPORTED_MEDIA_TYPE
 */
async function readForm(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Brought> {
  const form = await new Response(bytes, { headers: { "content-type": contentType } })
    .formData()
    .catch((cause: unknown) => {
      throw new AppError("INVALID_REQUEST", "The form can't be read", { cause });
    });
  const files = [...form.values()].filter((value) => value instanceof File);
  const [file] = files;
  if (!file || files.length > 1)
    throw new AppError("INVALID_REQUEST", "file: a form with one file is expected");
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const source = text("source") || file.name;
  const named = text("media_type") || file.type;
  // Browsers and curl name types after their own lists, often none that says anything.
  const mediaType = readMediaType(named) ? named : guessMediaType(file.name);
  if (!mediaType) throw notTaken();
  const fields = { source, title: text("title"), url: text("url"), media_type: mediaType };
  return { fields, bytes: new Uint8Array(await file.arrayBuffer()) };
}
