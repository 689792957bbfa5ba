import { setImmediate } from "node:timers/promises";
import type { Mention } from "../../core/retrieval/document-terms.ts";
import { arrayLiteral } from "./array-literal.ts";
import { encodeNumber, pushMention } from "./postings-codec.ts";
import { sortTerms } from "./sort-terms.ts";

/** Rows of postings as the arrays of one statement. */
export interface TermBatch {
  readonly terms: string;
  /** In how many passages each of them stands. */
  readonly passages: string;
  /** Its mentions, in hexadecimal. */
  readonly data: string;
}

/**
 * The distinct terms of a document that are indexed, and their characters in all. Each costs a row, and each character
 * one of the index of spellings, while the tenant's other documents wait.
 */
export const mostTerms = { count: 150_000, characters: 2_000_000 } as const;

/** Terms, and bytes of their mentions, of one statement. */
const mostOfBatch = { terms: 5000, bytes: 1024 * 1024 } as const;
/** Mentions that are put in their places before others may work. */
const sliceLength = 100_000;

export interface TermCollection {
  /** Mentions of a term come in the order of the passages. Of a new term that has no room nothing is kept. */
  add(term: string, mention: Mention): void;
  /** In the order of the index, so that neighbouring rows are written together. */
  toBatches(): Promise<TermBatch[]>;
}

/** Collects the mentions of a document, of which there may be millions, in about ten bytes each. */
export function createTermCollection(): TermCollection {
  const numbers = new Map<string, number>();
  /** By the number of the term: mentions, their bytes, and the rank behind the last one. */
  let [counts, sizes, nexts] = [new Int32Array(64), new Int32Array(64), new Int32Array(64)];
  /** By the mention, as they come: its term, the bytes that it takes; and all those bytes. */
  let [owners, lengths, bytes] = [new Int32Array(256), new Uint8Array(256), new Uint8Array(1024)];
  let mentions = 0;
  let end = 0;
  let characters = 0;

  function numberOf(term: string): number | undefined {
    const known = numbers.get(term);
    if (known !== undefined) return known;
    const number = numbers.size;
    if (number >= mostTerms.count || characters + term.length > mostTerms.characters)
      return undefined;
    numbers.set(term, number);
    characters += term.length;
    if (number >= counts.length)
      [counts, sizes, nexts] = [double(counts), double(sizes), double(nexts)];
    return number;
  }

  /** The bytes of the terms one behind the other. @returns where those of each begin. */
  async function group(): Promise<{ data: Buffer; starts: Int32Array }> {
    const starts = new Int32Array(numbers.size);
    for (let number = 1; number < starts.length; number += 1)
      starts[number] = (starts[number - 1] ?? 0) + (sizes[number - 1] ?? 0);
    const data = Buffer.alloc(end);
    const places = starts.slice();
    for (let mention = 0, from = 0; mention < mentions; mention += 1) {
      const [owner = 0, length = 0] = [owners[mention], lengths[mention]];
      const place = places[owner] ?? 0;
      data.set(bytes.subarray(from, from + length), place);
      places[owner] = place + length;
      from += length;
      if (mention % sliceLength === sliceLength - 1) await setImmediate();
    }
    return { data, starts };
  }

  return {
    add(term, mention) {
      const number = numberOf(term);
      if (number === undefined) return;
      const encoded: number[] = [];
      pushMention(encoded, mention, nexts[number] ?? 0);
      nexts[number] = mention.rank + 1;
      counts[number] = (counts[number] ?? 0) + 1;
      sizes[number] = (sizes[number] ?? 0) + encoded.length;
      if (mentions >= owners.length) [owners, lengths] = [double(owners), double(lengths)];
      if (end + encoded.length > bytes.length) bytes = double(bytes);
      owners[mentions] = number;
      lengths[mentions] = encoded.length;
      bytes.set(encoded, end);
      mentions += 1;
      end += encoded.length;
    },
    async toBatches() {
      const sorted = await sortTerms([...numbers.keys()]);
      const { data, starts } = await group();
      const batches: TermBatch[] = [];
      for (let first = 0; first < sorted.length;) {
        const rows: { term: string; count: number; hex: string }[] = [];
        let size = 0;
        while (rows.length < mostOfBatch.terms && size < mostOfBatch.bytes) {
          const term = sorted[first + rows.length];
          if (term === undefined) break;
          const number = numbers.get(term) ?? 0;
          const [start = 0, own = 0, count = 0] = [starts[number], sizes[number], counts[number]];
          const head = Buffer.from(encodeNumber(count)).toString("hex");
          rows.push({ term, count, hex: head + data.toString("hex", start, start + own) });
          size += own;
        }
        batches.push({
          terms: arrayLiteral(rows.map(({ term }) => term)),
          passages: arrayLiteral(rows.map(({ count }) => count)),
          data: arrayLiteral(rows.map(({ hex }) => hex)),
        });
        first += rows.length;
        await setImmediate();
      }
      return batches;
    },
  };
}

function double<Column extends Int32Array | Uint8Array>(column: Column): Column {
  const Kind = column.constructor as new (length: number) => Column;
  const longer = new Kind(2 * column.length);
  longer.set(column);
  return longer;
}
