import { Parser } from "htmlparser2";
import { AppError } from "../../core/errors.ts";

/** Of elements in one another; browsers build no deeper ones (Blink's limit). */
const deepest = 512;
/** Elements, their attributes, and texts between them: a page of 10 MiB has about 300,000. */
const mostNodes = 500_000;

export interface HtmlSize {
  readonly nodes: number;
  readonly depth: number;
}

/**
 * Looks how much a page would be as a tree, before it is made one, since small pages can make trees that
 * take minutes. @throws AppError DOCUMENT_TOO_COMPLEX
 */
export function measureHtml(html: string): HtmlSize {
  let depth = 0;
  let greatest = 0;
  let nodes = 0;
  const count = (): void => {
    nodes++;
    if (nodes > mostNodes) throw tooComplex(`has more than ${mostNodes} parts`);
  };
  const parser = new Parser({
    onopentagname() {
      count();
      depth++;
      greatest = Math.max(greatest, depth);
      if (depth > deepest) throw tooComplex(`is nested deeper than ${deepest} levels`);
    },
    onclosetag() {
      depth--;
    },
    onattribute: count,
    ontext: count,
    oncomment: count,
  });
  parser.end(html);
  return { nodes, depth: greatest };
}

function tooComplex(what: string): AppError {
  return new AppError("DOCUMENT_TOO_COMPLEX", `The document ${what}`);
}
