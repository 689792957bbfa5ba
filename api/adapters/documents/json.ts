import { AppError } from "../../core/errors.ts";
import { decodeText } from "./decode-text.ts";
import { finishDocument } from "./finish-document.ts";
import { escapeLine, writeHeading } from "./markdown-text.ts";
import { createTextWriter, type TextWriter } from "./text-writer.ts";
import type { ParsedDocument } from "../../core/documents/parsed-document.ts";
import type { ReadInput } from "./read-input.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Levels of nesting; what is deeper is no document. */
const deepest = 100;

/**
 * JSON as sections of `path: value` lines: an object within an object is a section under its key, an
 * object within an array a block of its own, in which deeper values have their path, as `address.city`.
 */
export function readJson({ bytes, charset, limits }: ReadInput): ParsedDocument {
  const writer = createTextWriter(limits.text);
  const value = parseJson(decodeText(bytes, charset), "The document");
  writeSection(writer, value, 1);
  return finishDocument(writer.finish(), { title: ownTitle(value), isData: true });
}

/** A `title` of the whole. */
function ownTitle(value: Json): string | undefined {
  const title = isNode(value) && !isList(value) ? value["title"] : undefined;
  return typeof title === "string" ? title : undefined;
}

/** JSON Lines: a value on each line, a block each. */
export function readJsonLines({ bytes, charset, limits }: ReadInput): ParsedDocument {
  const writer = createTextWriter(limits.text);
  const lines = decodeText(bytes, charset).split("\n");
  for (const [i, line] of lines.entries()) {
    if (line.trim() !== "") writer.add(describe(parseJson(line, `Line ${i + 1}`)));
  }
  return finishDocument(writer.finish(), { isData: true });
}

function parseJson(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new AppError("INVALID_DOCUMENT", `${what} is not JSON`, { cause });
  }
}

function writeSection(writer: TextWriter, value: Json, level: number): void {
  if (level > deepest) throw tooDeep();
  if (!isNode(value)) return void writer.add(describe(value));
  if (isList(value)) {
    for (const item of value) writer.add(describe(item));
    return;
  }
  const entries = Object.entries(value);
  const [fields, sections] = [
    entries.filter(([, one]) => !isSection(one)),
    entries.filter(([, one]) => isSection(one)),
  ];
  writer.add(
    fields
      .map(([key, one]) => describe(one, key))
      .filter((line) => line !== "")
      .join("\n"),
  );
  for (const [key, one] of sections) {
    writer.add(writeHeading(level, toLine(key)));
    writeSection(writer, one, level + 1);
  }
}

/** What is worth a heading: an object, or a list of anything but plain values. */
function isSection(value: Json): boolean {
  return isNode(value) && (!isList(value) || value.some(isNode));
}

/** The lines `path: value` of a value and of all within it; none for null and what is empty. */
function describe(value: Json, path = "", depth = 0): string {
  if (depth > deepest) throw tooDeep();
  if (value === null || value === "") return "";
  if (!isNode(value)) return toField(path, String(value));
  if (isList(value) && !value.some(isNode)) {
    return toField(
      path,
      value
        .flatMap((one) => (one === null || one === "" || isNode(one) ? [] : String(one)))
        .join(", "),
    );
  }
  const entries = isList(value)
    ? value.map((one, i) => [String(i + 1), one] as const)
    : Object.entries(value);
  return entries
    .map(([key, one]) => describe(one, path === "" ? key : `${path}.${key}`, depth + 1))
    .filter((line) => line !== "")
    .join("\n");
}

function toField(path: string, value: string): string {
  const words = toLine(value);
  if (words === "") return "";
  return escapeLine(path === "" ? words : `${toLine(path)}: ${words}`);
}

/** A value of several lines would look like several fields. */
function toLine(value: string): string {
  return value.replace(/\s+/g, " ").trim();
}

function isNode(value: Json): value is Exclude<Json, string | number | boolean | null> {
  return typeof value === "object" && value !== null;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function tooDeep(): AppError {
  return new AppError(
    "DOCUMENT_TOO_COMPLEX",
    `The document is nested deeper than ${deepest} levels`,
  );
}
