import { AppError } from "../../core/errors.ts";

/** Writes a document's text block by block, and ends with an error as soon as it is too long. */
export interface TextWriter {
  /** Adds a block behind a blank line, and says where it begins; nothing for white space alone. */
  add(block: string): number | undefined;
  /** Adds to the last block as it is, and says where that begins. */
  append(text: string): number;
  /** Takes characters off the end of the last block. */
  cut(count: number): void;
  /** The block that was added last, with what was appended to it. */
  lastBlock(): string;
  finish(): string;
}

/** @param maxBytes of UTF-8; more is DOCUMENT_TOO_LARGE. */
export function createTextWriter(maxBytes: number): TextWriter {
  const pieces: string[] = [];
  let last = "";
  let length = 0;
  let bytes = 0;

  /** Where the text begins that is counted as written. */
  function write(text: string): number {
    bytes += Buffer.byteLength(text);
    if (bytes > maxBytes) throw textTooLarge(maxBytes);
    length += text.length;
    return length - text.length;
  }

  return {
    add(block) {
      const clean = cleanText(block)
        .replace(/^(?:[^\S\n]*\n)+/, "")
        .trimEnd();
      if (clean.trim() === "") return undefined;
      if (length > 0) write("\n\n");
      pieces.push(last);
      last = clean;
      return write(clean);
    },
    append(text) {
      const clean = cleanText(text);
      last += clean;
      return write(clean);
    },
    cut(count) {
      bytes -= Buffer.byteLength(last.slice(-count));
      length -= count;
      last = last.slice(0, -count);
    },
    lastBlock: () => last,
    finish: () => [...pieces.slice(1), last].join("\n\n"),
  };
}

export function textTooLarge(maxBytes: number): AppError {
  return new AppError("DOCUMENT_TOO_LARGE", `A document is at most ${maxBytes} bytes of text`);
}

/** Without control characters and halves of surrogate pairs; every line break is a `\n`. */
function cleanText(text: string): string {
  return (
    text
      .replace(/\r\n?|[\u2028\u2029\f\v]/g, "\n")
      // oxlint-disable-next-line no-control-regex -- they are what goes
      .replace(/[\0-\x08\x0e-\x1f\x7f]/g, "")
      .toWellFormed()
  );
}
