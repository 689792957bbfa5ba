import type { Block } from "../answering/markdown-blocks.ts";
import { plainTitle } from "../answering/markdown-lines.ts";

/** Of a title made from the first words; headings may be longer. */
const longestTitle = 80;
/** Characters of a line that are looked at. */
const enough = 1000;

/** Finds a title while the blocks of a text go by. */
export interface TitleFinder {
  see(block: Block): void;
  /** Whether no further block makes another. */
  readonly isSure: boolean;
  /** The words of the first heading, else the first words of the text; empty for an empty text. */
  find(): string;
}

export function createTitleFinder(text: string): TitleFinder {
  let heading: string | undefined;
  let first: string | undefined;
  return {
    see({ kind, title, start }) {
      if (kind === "heading" && title) heading ??= title;
      if (kind === "paragraph" || kind === "list" || kind === "quote")
        first ??= plainTitle(text.slice(start, start + enough).split(/[\r\n]/, 1)[0] ?? "");
    },
    get isSure() {
      return heading !== undefined;
    },
    find: () => heading ?? shorten(first ?? ""),
  };
}

function shorten(words: string): string {
  if (words.length <= longestTitle) return words;
  const cut = words.slice(0, longestTitle).replace(/\s+\S*$/, "");
  return `${cut.toWellFormed()}…`;
}
