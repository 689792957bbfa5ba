import { passageLength } from "./join-parts.ts";
import type { FindPage } from "./page-finder.ts";
import type { Heading, PlacedSpan } from "./tiny-sections.ts";

/** A text of 10 MiB has rarely more than a fourth of them. */
const mostPassages = 40_000;

/**
 * The passages as they are, or, of a text that falls into very many, neighbours of the same page joined up to the
 * length of a passage: with the headings between them, under the headings that they share.
 */
export function joinNeighbours(
  text: string,
  passages: Iterable<PlacedSpan>,
  findPage: FindPage,
): readonly PlacedSpan[] {
  let placed: PlacedSpan[] = [];
  let add = (passage: PlacedSpan): unknown => placed.push(passage);
  let isJoining = false;
  for (const passage of passages) {
    add(passage);
    if (isJoining || placed.length <= mostPassages) continue;
    isJoining = true;
    const before = placed;
    placed = [];
    add = createJoiner(text, findPage, placed);
    for (const one of before) add(one);
  }
  return placed;
}

function createJoiner(
  text: string,
  findPage: FindPage,
  joined: PlacedSpan[],
): (passage: PlacedSpan) => void {
  /** Where the last one begins with the headings that stand above it. */
  let wide = 0;
  return (passage) => {
    const last = joined.at(-1);
    const { start, end } = passage;
    const fits =
      last && end - wide <= passageLength.most && findPage(last.start) === findPage(start);
    if (fits) {
      const headings = shared(last.headings, passage.headings);
      joined[joined.length - 1] = { headings, start: wide, end };
    } else {
      wide = skipSpace(text, last?.end ?? 0);
      joined.push(passage);
    }
  };
}

function shared(some: readonly Heading[], others: readonly Heading[]): readonly Heading[] {
  const end = some.findIndex((heading, i) => heading !== others[i]);
  return end < 0 ? some : some.slice(0, end);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at] ?? "")) at++;
  return at;
}
