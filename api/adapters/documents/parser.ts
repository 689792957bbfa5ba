import { AppError } from "../../core/errors.ts";
import { checkBytes } from "../../core/documents/check-bytes.ts";
import { splitDocument } from "../../core/documents/passages.ts";
import { documentMediaTypes, readMediaType } from "../../core/documents/media-types.ts";
import { readCharset } from "./decode-text.ts";
import { defaultLimits, type ParserLimits } from "./limits.ts";
import { readPlainText } from "./plain-text.ts";
import { runReader } from "./run-reader.ts";
import type { startReader } from "./start-reader.ts";
import type { DocumentParser } from "../../core/documents/parsed-document.ts";

/** Bytes of a text that takes less time to read and split here, whatever it says, than a process takes to start. */
const smallText = 32 * 1024;

/**
 * Reads small texts here, and everything else in a process of its own, whose time and memory are
 * limited and which may only read the program's own files.
 * @param start for tests: how the process is started.
 */
export function createDocumentParser(
  limits: Partial<ParserLimits> = {},
  start?: typeof startReader,
): DocumentParser {
  const all = { ...defaultLimits, ...limits };
  return {
    async parse(bytes, mediaType, signal) {
      signal.throwIfAborted();
      const type = readMediaType(mediaType);
      if (!type) throw unsupported();
      checkBytes(bytes, type);
      const charset = readCharset(mediaType);
      const isText = type === "text/markdown" || type === "text/plain";
      if (isText && bytes.length <= smallText)
        return splitDocument(readPlainText({ bytes, charset, limits: all }));
      return runReader(bytes, { type, charset, limits: all }, signal, start);
    },
  };
}

function unsupported(): AppError {
  const types = documentMediaTypes.join(", ");
  return new AppError("UNSUPPORTED_MEDIA_TYPE", `A document is of one of the types ${types}`);
}
