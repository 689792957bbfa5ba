import type { Mention } from "../../core/retrieval/document-terms.ts";
import type { Postings } from "../../core/retrieval/search-index.ts";

/**
 * A document's mentions of a term as bytes: how many there are, then for each the ranks between it and the one
 * before, doubled twice to hold whether heading and title have the term, its counts, and the passage's length.
 * All numbers are LEB128 varints.
 */
export function encodeMentions(mentions: readonly Mention[]): Buffer {
  const bytes = encodeNumber(mentions.length);
  let next = 0;
  for (const mention of mentions) {
    pushMention(bytes, mention, next);
    next = mention.rank + 1;
  }
  return Buffer.from(bytes);
}

export function encodeNumber(value: number): number[] {
  const bytes: number[] = [];
  pushNumber(bytes, value);
  return bytes;
}

/** One of the mentions behind their number. @param next the rank behind the mention before, 0 for the first. */
export function pushMention(
  bytes: number[],
  { rank, text, heading, title, length }: Mention,
  next: number,
): void {
  pushNumber(bytes, ((rank - next) << 2) | (heading > 0 ? 2 : 0) | (title > 0 ? 1 : 0));
  pushNumber(bytes, text);
  if (heading > 0) pushNumber(bytes, heading);
  if (title > 0) pushNumber(bytes, title);
  pushNumber(bytes, length);
}

/**
 * Reads what was encoded for many documents, each behind its number (four bytes, big-endian).
 * @param passages how many mentions there are at least; more are read as well.
 */
export function decodePostings(bytes: Uint8Array, passages: number): Postings {
  let columns = makeColumns(passages);
  let size = 0;
  let at = 0;

  function readNumber(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  while (at < bytes.length) {
    const document =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0);
    at += 4;
    const count = readNumber();
    if (size + count > columns.documents.length) columns = growColumns(columns, size + count);
    let next = 0;
    for (const end = size + count; size < end; size += 1) {
      const head = readNumber();
      const rank = next + (head >>> 2);
      columns.documents[size] = document;
      columns.ranks[size] = rank;
      columns.texts[size] = readNumber();
      columns.headings[size] = head & 2 ? readNumber() : 0;
      columns.titles[size] = head & 1 ? readNumber() : 0;
      columns.lengths[size] = readNumber();
      next = rank + 1;
    }
  }
  return { size, ...columns };
}

type Columns = Record<
  "documents" | "ranks" | "texts" | "headings" | "titles" | "lengths",
  Int32Array
>;

function makeColumns(size: number): Columns {
  const column = () => new Int32Array(size);
  return {
    documents: column(),
    ranks: column(),
    texts: column(),
    headings: column(),
    titles: column(),
    lengths: column(),
  };
}

function growColumns(columns: Columns, least: number): Columns {
  const grown = makeColumns(Math.max(least, 2 * columns.documents.length));
  for (const name of Object.keys(columns) as (keyof Columns)[]) grown[name].set(columns[name]);
  return grown;
}

function pushNumber(bytes: number[], value: number): void {
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
}
