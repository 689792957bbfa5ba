import { type Block, parseBlocks } from "../answering/markdown-blocks.ts";
import { introduces, plainTitle } from "../answering/markdown-lines.ts";
import { createPageFinder, type FindPage } from "./page-finder.ts";
import { type Span, splitLong } from "./split-long.ts";
import { type Heading, joinTinySections, type Section } from "./tiny-sections.ts";
import type { PassageDraft } from "./document-store.ts";
import type { PageStart } from "./parsed-document.ts";

/** Characters (UTF-16 units); what is shorter is joined, what is longer is split, where possible. */
export const passageLength = { least: 300, most: 1200, mostCode: 2400 } as const;

/** Of a title made from the first words; headings may be longer. */
const longestTitle = 80;

/** A block, or a piece of a long one. */
interface Part extends Span {
  /** Ends in ":" and so belongs to what follows it. */
  readonly introduces: boolean;
  /** A piece of split code: what stands beside it must not be read as code. */
  readonly standsAlone: boolean;
}

/**
 * The searchable passages of Markdown or plain text, in order and without overlap: each is an exact
 * slice of the text, `text.slice(start, start + passage.text.length)`, within one section. Left out
 * are only white space, headings, which stand in `heading`, and the rules between sections. Blocks
 * are kept whole up to 1,200 characters (code 2,400), and short ones joined with their neighbours of
 * the same section; across the end of a page only where one is too short without. Many tiny sections
 * one after another are joined, headings and all, under the heading above them.
 * @param pages where the text's pages begin, in order.
 */
export function splitPassages(text: string, pages: readonly PageStart[] = []): PassageDraft[] {
  const findPage = createPageFinder(pages);
  return joinTinySections(readSections(text, findPage), findPage).map(
    ({ headings, start, end }) => ({
      heading: headings
        .map(({ title }) => title)
        .filter((title) => title !== "")
        .join(" › "),
      text: text.slice(start, end),
      start,
      page: findPage(start),
    }),
  );
}

function* readSections(text: string, findPage: FindPage): Generator<Section, void, undefined> {
  let headings: readonly Heading[] = [];
  let above: readonly Heading[] = headings;
  let headingSpan: Span | undefined;
  let parts: Part[] = [];
  const endSection = (): Section => {
    const section = { headings, above, headingSpan, spans: joinParts(parts, findPage) };
    headingSpan = undefined;
    parts = [];
    return section;
  };

  for (const block of parseBlocks(text)) {
    if (block.kind === "heading") {
      yield endSection();
      const { level = 1, title = "", start, end } = block;
      const kept = headings.filter((heading) => heading.level < level);
      // The same list for all sections of one parent, by which they are known as such.
      if (kept.length !== above.length || kept.some((heading, i) => heading !== above[i]))
        above = kept;
      headings = [...kept, { level, title }];
      headingSpan = { start, end };
    } else if (block.kind === "break") yield endSection();
    else parts.push(...toParts(text, block));
  }
  yield endSection();
}

/** The words of the first heading, else the first words of the text; empty for an empty text. */
export function titleOf(text: string): string {
  let first: string | undefined;
  for (const { kind, title, lines } of parseBlocks(text)) {
    if (kind === "heading" && title) return title;
    if (kind === "paragraph" || kind === "list" || kind === "quote")
      first ??= plainTitle(lines[0]?.text ?? "");
  }
  if (first === undefined || first.length <= longestTitle) return first ?? "";
  return `${first
    .slice(0, longestTitle)
    .replace(/\s+\S*$/, "")
    .toWellFormed()}…`;
}

function toParts(text: string, block: Block): Part[] {
  const { kind, start, end } = block;
  const isCode = kind === "code";
  const isLong = end - start > (isCode ? passageLength.mostCode : passageLength.most);
  if (!isLong) {
    return [
      {
        start,
        end,
        introduces: !isCode && introduces(text.slice(end - 4, end)),
        standsAlone: false,
      },
    ];
  }
  return splitLong(text, block, passageLength).map((piece) => ({
    ...piece,
    introduces: false,
    standsAlone: isCode,
  }));
}

/** The spans of one section's passages. */
function joinParts(parts: readonly Part[], findPage: FindPage): Span[] {
  const { least, most } = passageLength;
  const spans: Part[] = [];
  for (const part of bindIntros(parts)) {
    const last = spans.at(-1);
    const isShort = last && last.end - last.start < least;
    const limit = isShort ? most + least : most;
    const belongs = last && (isShort || findPage(last.start) === findPage(part.start));
    if (belongs && fits(last, part, limit)) spans[spans.length - 1] = join(last, part);
    else spans.push(part);
  }
  const [before, tail] = spans.slice(-2);
  const isTailShort = before && tail && tail.end - tail.start < least;
  if (isTailShort && fits(before, tail, most + least)) spans.splice(-2, 2, join(before, tail));
  return spans;
}

/** Joins what ends in ":" with what it introduces, so that no passage ends between them. */
function bindIntros(parts: readonly Part[]): Part[] {
  const bound: Part[] = [];
  for (const part of parts) {
    const last = bound.at(-1);
    const isIntro = last?.introduces && last.end - last.start < passageLength.least;
    if (last && isIntro && !part.standsAlone) bound[bound.length - 1] = join(last, part);
    else bound.push(part);
  }
  return bound;
}

function fits(first: Part, second: Part, limit: number): boolean {
  return !first.standsAlone && !second.standsAlone && second.end - first.start <= limit;
}

function join(first: Part, second: Part): Part {
  return { ...second, start: first.start };
}
