import type { FindPage } from "./page-finder.ts";
import type { Span } from "./split-long.ts";

export interface Heading {
  readonly level: number;
  readonly title: string;
}

/** What stands below one heading, up to the next heading or rule. */
export interface Section {
  /** Outermost first, its own last; none above the first heading. */
  readonly headings: readonly Heading[];
  /** All but its own: the same object for the sections of one parent. */
  readonly above: readonly Heading[];
  /** The heading's own line; undefined where no heading begins the section. */
  readonly headingSpan: Span | undefined;
  /** Its passages. */
  readonly spans: readonly Span[];
}

export interface PlacedSpan extends Span {
  readonly headings: readonly Heading[];
}

/** Sections of fewer characters are tiny, where so many of them follow one another below one heading. */
const tinyLength = 100;
const leastTiny = 12;
/** Characters of the passages that they make together. */
const togetherLength = 600;

/**
 * The passages of all sections. A heading with a line below it is a passage by itself, and a good one; dozens
 * of them are a list: a glossary, a price list. Those are joined under the heading above them, and
 * each keeps its own heading within the passage.
 */
export function* joinTinySections(
  sections: Iterable<Section>,
  findPage: FindPage,
): Generator<PlacedSpan, void, undefined> {
  /** Tiny ones below one heading, as long as they are too few for a list. */
  let run: Section[] = [];
  /** The list's last passage, once they are enough for one. */
  let last: PlacedSpan | undefined;
  let parent: readonly Heading[] | undefined;
  for (const section of sections) {
    if (!isTiny(section) || section.above !== parent) {
      if (last) yield last;
      else yield* run.flatMap(placeSpans);
      run = [];
      last = undefined;
    }
    parent = section.above;
    if (!isTiny(section)) yield* placeSpans(section);
    else if (!last && run.push(section) < leastTiny) continue;
    else {
      for (const one of last ? [section] : run) {
        const next = joinSection(last, one, findPage);
        if (last && next.start !== last.start) yield last;
        last = next;
      }
    }
  }
  if (last) yield last;
  else yield* run.flatMap(placeSpans);
}

function isTiny({ headingSpan, spans }: Section): boolean {
  const { start = 0 } = spans[0] ?? {};
  return headingSpan !== undefined && (spans.at(-1)?.end ?? 0) - start < tinyLength;
}

function placeSpans({ headings, spans }: Section): PlacedSpan[] {
  return spans.map(({ start, end }) => ({ headings, start, end }));
}

/** The last passage of a list with one more section, or that section by itself. */
function joinSection(
  last: PlacedSpan | undefined,
  { above, headingSpan, spans }: Section,
  findPage: FindPage,
): PlacedSpan {
  const start = headingSpan?.start ?? 0;
  const end = spans.at(-1)?.end ?? headingSpan?.end ?? 0;
  const fits =
    last && end - last.start <= togetherLength && findPage(last.start) === findPage(start);
  return fits ? { ...last, end } : { headings: above, start, end };
}
