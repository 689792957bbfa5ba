import { type Block, parseBlocks } from "../answering/markdown-blocks.ts";
import { introduces } from "../answering/markdown-lines.ts";
import type { PassageDraft } from "./document-store.ts";
import { joinNeighbours } from "./join-neighbours.ts";
import { createPartJoiner, type Part, passageLength } from "./join-parts.ts";
import { createPageFinder, type FindPage } from "./page-finder.ts";
import type { PageStart, ParsedDocument, SplitDocument } from "./parsed-document.ts";
import { splitLong, type Span } from "./split-long.ts";
import { type Heading, joinTinySections, type Section } from "./tiny-sections.ts";
import { createTitleFinder } from "./title-finder.ts";

/** Characters of the headings that stand with a passage; of more, the outermost are left off. */
const longestPath = 300;
const pathSign = " › ";

/** Splits a document and finds its first words. Pure, and of linear time, but not quick: 10 MiB take a second or two. */
export function splitDocument(parsed: ParsedDocument): SplitDocument {
  const { text, pages } = parsed;
  const titles = createTitleFinder(text);
  const passages = split(text, watch(parseBlocks(text), titles.see), pages);
  return { ...parsed, passages, firstWords: titles.find() };
}

/**
 * The searchable passages of Markdown or plain text, in order and without overlap: each is an exact
 * slice of the text, `text.slice(start, start + passage.text.length)`, within one section. Left out
 * are only white space, headings, which stand in `heading`, and the rules between sections. Blocks
 * are kept whole up to 1,200 characters (code 2,400), and short ones joined with their neighbours of
 * the same section; across the end of a page only where one is too short without. Many tiny sections
 * one after another are joined, headings and all, under the heading above them, and so are all
 * sections of a text that would fall into more than 40,000 passages.
 * @param pages where the text's pages begin, in order.
 */
export function splitPassages(text: string, pages: readonly PageStart[] = []): PassageDraft[] {
  return split(text, parseBlocks(text), pages);
}

/** The words of the first heading, else the first words of the text; empty for an empty text. */
export function titleOf(text: string): string {
  const titles = createTitleFinder(text);
  for (const block of parseBlocks(text)) {
    titles.see(block);
    if (titles.isSure) break;
  }
  return titles.find();
}

function split(text: string, blocks: Iterable<Block>, pages: readonly PageStart[]): PassageDraft[] {
  const findPage = createPageFinder(pages);
  const tiny = joinTinySections(readSections(text, blocks, findPage), findPage);
  let headings: readonly Heading[] | undefined;
  let heading = "";
  return joinNeighbours(text, tiny, findPage).map((span) => {
    // One string for all passages of a section.
    if (span.headings !== headings) heading = joinPath(span.headings);
    headings = span.headings;
    const { start, end } = span;
    return { heading, text: text.slice(start, end), start, page: findPage(start) };
  });
}

function joinPath(headings: readonly Heading[]): string {
  const titles = headings.map(({ title }) => title).filter((title) => title !== "");
  while (titles.length > 1 && titles.join(pathSign).length > longestPath) titles.shift();
  return titles.join(pathSign);
}

function* watch(
  blocks: Iterable<Block>,
  see: (block: Block) => void,
): Generator<Block, void, undefined> {
  for (const block of blocks) {
    see(block);
    yield block;
  }
}

function* readSections(
  text: string,
  blocks: Iterable<Block>,
  findPage: FindPage,
): Generator<Section, void, undefined> {
  let headings: readonly Heading[] = [];
  let above: readonly Heading[] = headings;
  let headingSpan: Span | undefined;
  let parts = createPartJoiner(findPage);
  const endSection = (): Section => {
    const section = { headings, above, headingSpan, spans: parts.finish() };
    headingSpan = undefined;
    parts = createPartJoiner(findPage);
    return section;
  };

  for (const block of blocks) {
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
    else for (const part of toParts(text, block)) parts.add(part);
  }
  yield endSection();
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
