import { AppError } from "../errors.ts";
import { callFormat, type DocumentMediaType } from "./media-types.ts";

/** What a file begins with that is no text, by how people call it. */
const marks: readonly (readonly [call: string, mark: string])[] = [
  ["a PNG image", "\x89PNG\r\n"],
  ["a JPEG image", "\xff\xd8\xff"],
  ["a GIF image", "GIF8"],
  ["a TIFF image", "II*\0"],
  ["a TIFF image", "MM\0*"],
  ["a gzip archive", "\x1f\x8b"],
  ["a 7-Zip archive", "7z\xbc\xaf\x27\x1c"],
  ["a RAR archive", "Rar!\x1a\x07"],
  ["a program", "\x7fELF"],
  ["an RTF document", "{\\rtf"],
];
const zipMark = "PK\x03\x04";
const emptyZipMark = "PK\x05\x06";
/** Of the container of Word's old format, and of new documents with a password (MS-OFFCRYPTO). */
const oleMark = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

const pdf = "application/pdf";
const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/**
 * Looks whether the bytes begin as those of the media type do, so that the wrong ending is told
 * at once; text formats aren't told apart from one another.
 * @throws AppError INVALID_DOCUMENT, DOCUMENT_ENCRYPTED
 */
export function checkBytes(bytes: Uint8Array, type: DocumentMediaType): void {
  if (bytes.length === 0) throw new AppError("INVALID_DOCUMENT", "The document is empty");
  const head = toLatin1(bytes.subarray(0, 1024));
  if (head.startsWith(oleMark)) throw refuseOle(bytes, type);
  const found = recognise(head);
  const expected = type === pdf || type === docx ? type : undefined;
  if (found === expected) return;
  const call = callFormat(type);
  throw new AppError(
    "INVALID_DOCUMENT",
    found === undefined
      ? `The document is not ${call}, though its media type or its ending says so`
      : `The document is ${callFound(found)}, though its media type or its ending says that it is ${call}`,
  );
}

function recognise(head: string): string | undefined {
  // Readers of PDF take up to 1,024 bytes of anything before its mark; a text may well mention it.
  if (/^\s*%PDF-\d/.test(head) || (head.includes("\n%PDF-1.") && head.includes("\0"))) return pdf;
  if (head.startsWith(zipMark) || head.startsWith(emptyZipMark)) return docx;
  return marks.find(([, mark]) => head.startsWith(mark))?.[0];
}

function callFound(found: string): string {
  if (found === pdf) return "a PDF";
  return found === docx ? "a Word document or another ZIP archive" : found;
}

function refuseOle(bytes: Uint8Array, type: DocumentMediaType): AppError {
  // The stream's name in the container's directory, in UTF-16.
  const name = Array.from("EncryptedPackage", (letter) => `${letter}\0`).join("");
  if (type === docx && toLatin1(bytes).includes(name))
    return new AppError("DOCUMENT_ENCRYPTED", "The document opens with a password only");
  return new AppError(
    "INVALID_DOCUMENT",
    "The document is of an old format of Office, such as .doc: save it as .docx or PDF",
  );
}

function toLatin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
