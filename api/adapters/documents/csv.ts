import { CsvError, parse } from "csv-parse/sync";
import { AppError } from "../../core/errors.ts";
import { decodeText } from "./decode-text.ts";
import { findDelimiter } from "./delimiter.ts";
import { finishDocument } from "./finish-document.ts";
import { escapeLine } from "./markdown-text.ts";
import { createTextWriter } from "./text-writer.ts";
import type { ParsedDocument } from "../../core/documents/parsed-document.ts";
import type { ReadInput } from "./read-input.ts";

/**
 * CSV with a header row: each record is a block of its own, a line `Header: value` for each field that
 * isn't empty. Records may be shorter or longer than the header.
 */
export function readCsv({ bytes, charset, limits }: ReadInput): ParsedDocument {
  const text = decodeText(bytes, charset);
  const writer = createTextWriter(limits.text);
  let header: readonly string[] | undefined;
  for (const record of parseRecords(text)) {
    const fields = record.map(toLine);
    if (!header) header = fields;
    else writer.add(describe(header, fields));
  }
  // A single row: there is nothing that it could be the header of.
  if (header && writer.finish() === "") writer.add(header.filter((name) => name !== "").join("\n"));
  return finishDocument(writer.finish(), { isData: true });
}

function parseRecords(text: string): string[][] {
  try {
    return parse(text, {
      delimiter: findDelimiter(text),
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new AppError("INVALID_DOCUMENT", `The document is not CSV: ${cause.message}`, { cause });
  }
}

function describe(header: readonly string[], fields: readonly string[]): string {
  return fields
    .flatMap((value, i) => {
      const name = header[i] || `Column ${i + 1}`;
      return value === "" ? [] : [escapeLine(`${name}: ${value}`)];
    })
    .join("\n");
}

/** A value of several lines would look like several fields. */
function toLine(value: string): string {
  return value.replace(/\s+/g, " ").trim();
}
