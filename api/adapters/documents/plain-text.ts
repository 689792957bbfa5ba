import { AppError } from "../../core/errors.ts";
import { decodeText } from "./decode-text.ts";
import { finishDocument } from "./finish-document.ts";
import { textTooLarge } from "./text-writer.ts";
import type { ParsedDocument } from "../../core/documents/parsed-document.ts";
import type { ReadInput } from "./read-input.ts";

/** Markdown and plain text, kept to the character. */
export function readPlainText({ bytes, charset, limits }: ReadInput): ParsedDocument {
  // No encoding gives fewer than a half of its bytes as UTF-8.
  if (bytes.length > limits.text * 2 + 4) throw textTooLarge(limits.text);
  const text = decodeText(bytes, charset);
  if (Buffer.byteLength(text) > limits.text) throw textTooLarge(limits.text);
  if (text.trim() === "") throw new AppError("INVALID_DOCUMENT", "The document is empty");
  return finishDocument(text);
}
