import { decodeText } from "./decode-text.ts";

/** Bytes in which a page says its charset. @see https://html.spec.whatwg.org/#prescan-a-byte-stream-to-determine-its-encoding */
const prescanned = 1024;

/**
 * The text of a page: a byte order mark says its encoding, else the media type, else the page itself, else
 * it is UTF-8. @throws AppError INVALID_DOCUMENT
 */
export function decodeHtml(bytes: Uint8Array, charset: string | undefined): string {
  return decodeText(bytes, charset ?? findCharset(bytes));
}

function findCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, prescanned)).toString("latin1");
  const found =
    /<meta[^>]*\bcharset\s*=\s*["']?\s*([\w.:-]+)/i.exec(head)?.[1] ??
    /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)/i.exec(head)?.[1];
  // A page that could be read to here is in no UTF-16.
  return found !== undefined && /^utf-?16/i.test(found) ? "utf-8" : found;
}
