import * as smd from "streaming-markdown";
import { readAutolink } from "./autolink.ts";
import { createMarkdownRenderer, literal, type MarkdownTree } from "./renderer.ts";

/** Turns Markdown into nodes as it comes: what is there is never parsed again. */
export interface MarkdownWriter {
  write(text: string): void;
  /** Nothing more comes: what is half open is closed, and half a link becomes the text that it is. */
  end(): void;
}

/** The parser looks at all that is pending for each character, so a huge address would freeze the page. */
const maxPending = 2048;
const sliceLength = 512;

/** @param root gets the nodes, and is emptied first. */
export function createMarkdownWriter(root: HTMLElement): MarkdownWriter {
  root.replaceChildren();
  let tree: MarkdownTree;
  let parser: smd.Parser;

  function begin(): void {
    tree = createMarkdownRenderer(root, () => parser.pending);
    parser = smd.parser(tree.renderer);
  }

  function flush(): void {
    // The text of a bare address has been shown as it came; anything else that pends has not.
    if (parser.token !== smd.RAW_URL) tree.addText(parser.pending);
    parser.pending = "";
    tree.close();
    begin();
  }

  function feed(text: string): void {
    for (const slice of slices(text)) {
      smd.parser_write(parser, slice);
      if (parser.pending.length > maxPending) flush();
    }
  }

  /** Whether a bracket that comes now can begin a link; half a mark before it may begin code. */
  const canLink = () => {
    const around = parser.tokens[parser.len] ?? smd.DOCUMENT;
    const isLiteral = literal.has(parser.token) || literal.has(around);
    return tree.canNest && !isLiteral && !/[`$\\]/.test(parser.pending);
  };

  /** What came and may be the begin of an autolink. */
  let held = "";
  begin();
  return {
    write(text) {
      let rest = held + text.replaceAll("\r", "");
      held = "";
      for (let at = rest.indexOf("<"); at >= 0; at = rest.indexOf("<")) {
        feed(rest.slice(0, at));
        rest = rest.slice(at);
        const link = canLink() ? readAutolink(rest) : undefined;
        if (link === "begun") {
          held = rest;
          return;
        }
        feed(link?.markdown ?? "<");
        rest = rest.slice(link?.length ?? 1);
      }
      feed(rest);
    },
    end() {
      feed(held);
      held = "";
      smd.parser_end(parser);
      tree.close();
    },
  };
}

/** A pair of surrogates may be cut: its halves meet again in the text node. */
function* slices(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += sliceLength) {
    yield text.slice(start, start + sliceLength);
  }
}
