import * as smd from "streaming-markdown";
import { createMarkdownRenderer, type MarkdownTree } from "./renderer.ts";

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

  begin();
  return {
    write(text) {
      for (const slice of slices(text.replaceAll("\r", ""))) {
        smd.parser_write(parser, slice);
        if (parser.pending.length > maxPending) flush();
      }
    },
    end() {
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
