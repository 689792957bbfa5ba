import { AppError } from "../../core/errors.ts";

/**
 * The text of bytes in their own encoding: a byte order mark says it, else `charset`, else it is UTF-8.
 * The mark is no part of the text.
 * @throws AppError INVALID_DOCUMENT for bytes that aren't of the encoding, an unknown encoding, or NUL.
 */
export function decodeText(bytes: Uint8Array, charset?: string): string {
  const decoder = openDecoder(markedEncoding(bytes) ?? charset ?? "utf-8");
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new AppError("INVALID_DOCUMENT", notOf(decoder.encoding), { cause });
  }
  if (text.includes("\0"))
    throw new AppError("INVALID_DOCUMENT", "The document is not text: it holds NUL");
  return text;
}

/** The charset that stands with a media type, as in `text/html; charset="utf-8"`. */
export function readCharset(mediaType: string): string | undefined {
  return /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(mediaType)?.[1];
}

/** @see https://encoding.spec.whatwg.org/#bom-sniff */
function markedEncoding([a, b, c]: Uint8Array): string | undefined {
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  return a === 0xff && b === 0xfe ? "utf-16le" : undefined;
}

function openDecoder(encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    const text = `The document's charset ${encoding} is unknown`;
    throw new AppError("INVALID_DOCUMENT", text, { cause });
  }
}

function notOf(encoding: string): string {
  return encoding === "utf-8"
    ? "The document is not valid UTF-8"
    : `The document is not valid ${encoding}`;
}
