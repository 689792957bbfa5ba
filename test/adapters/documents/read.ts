import { readFile } from "node:fs/promises";
import { createDocumentParser } from "../../../api/adapters/documents/parser.ts";
import { defaultLimits, type ParserLimits } from "../../../api/adapters/documents/limits.ts";
import type { ParsedDocument } from "../../../api/core/documents/parsed-document.ts";

/** As the platform reads it, in a process of its own where the format asks for that. */
export function parse(
  given: string | Uint8Array,
  mediaType: string,
  limits: Partial<ParserLimits> = {},
): Promise<ParsedDocument> {
  const signal = new AbortController().signal;
  return createDocumentParser(limits).parse(toBytes(given), mediaType, signal);
}

/** What the reader of a format is given when it runs here. */
export function toInput(given: string | Uint8Array) {
  return { bytes: toBytes(given), charset: undefined, limits: defaultLimits };
}

function toBytes(given: string | Uint8Array): Uint8Array {
  return typeof given === "string" ? new TextEncoder().encode(given) : given;
}

/** Processes that this one has started and that still run, by their ids. */
export async function listChildren(): Promise<string[]> {
  const told = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  return told.split(" ").filter((id) => id !== "");
}
