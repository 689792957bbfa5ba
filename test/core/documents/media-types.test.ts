import { expect, it } from "vitest";
import {
  documentEndings,
  documentMediaTypes,
  guessMediaType,
  readMediaType,
} from "../../../api/core/documents/media-types.ts";

const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

it.each([
  ["a.md", "text/markdown"],
  ["folder.txt/A.MARKDOWN", "text/markdown"],
  ["a.txt", "text/plain"],
  ["a.b.htm", "text/html"],
  ["/page.html", "text/html"],
  ["a.PDF", "application/pdf"],
  ["a.docx", docx],
  ["a.tsv", "text/csv"],
  ["a.json", "application/json"],
  ["a.jsonl", "application/x-ndjson"],
  ["a.doc", undefined],
  ["md", undefined],
  ["", undefined],
])("the ending of %j says %s", (name, type) => {
  expect(guessMediaType(name)).toBe(type);
});

it.each([
  ["Text/HTML; charset=utf-8", "text/html"],
  [" text/csv ", "text/csv"],
  ["application/xhtml+xml", "text/html"],
  ["text/tab-separated-values", "text/csv"],
  ["application/jsonl", "application/x-ndjson"],
  ["application/octet-stream", undefined],
  ["toString", undefined],
  ["", undefined],
])("%j is read as %s", (given, type) => {
  expect(readMediaType(given)).toBe(type);
});

it("every type is read as itself, and every ending belongs to one", () => {
  for (const type of documentMediaTypes) expect(readMediaType(type)).toBe(type);
  for (const ending of documentEndings) expect(guessMediaType(`a.${ending}`)).toBeDefined();
});
