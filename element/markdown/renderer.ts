import * as smd from "streaming-markdown";
import { strings } from "../strings.ts";
import { autolinkText } from "./autolink.ts";
import { citationsOf, citeWide, placeCitations } from "./citations.ts";
import { safeHref, setHref } from "./safe-link.ts";

export interface MarkdownTree {
  readonly renderer: smd.Renderer<undefined>;
  /** Adds text where the tree stands. */
  addText(text: string): void;
  /** Closes what is open. */
  close(): void;
  /** Whether what is nested here still gets an element of its own. */
  readonly canNest: boolean;
}

/** Deeper nesting than the parser keeps track of is shown flat. */
const maxDepth = 20;

/** The only elements that an answer can contain; beside them the links and citations made below. */
const elements: Partial<Record<number, keyof HTMLElementTagNameMap>> = {
  [smd.PARAGRAPH]: "p",
  [smd.CODE_BLOCK]: "pre",
  [smd.CODE_FENCE]: "pre",
  [smd.CODE_INLINE]: "code",
  [smd.ITALIC_AST]: "em",
  [smd.ITALIC_UND]: "em",
  [smd.STRONG_AST]: "strong",
  [smd.STRONG_UND]: "strong",
  [smd.STRIKE]: "s",
  [smd.LINK]: "a",
  [smd.RAW_URL]: "a",
  // No image is loaded: its address would tell its server who reads what. It becomes a link.
  [smd.IMAGE]: "a",
  [smd.BLOCKQUOTE]: "blockquote",
  [smd.LINE_BREAK]: "br",
  [smd.RULE]: "hr",
  [smd.LIST_UNORDERED]: "ul",
  [smd.LIST_ORDERED]: "ol",
  [smd.LIST_ITEM]: "li",
  [smd.CHECKBOX]: "span",
  [smd.TABLE]: "table",
  [smd.TABLE_ROW]: "tr",
  [smd.TABLE_CELL]: "td",
  [smd.EQUATION_BLOCK]: "pre",
  [smd.EQUATION_INLINE]: "code",
};

/** In these a bracket is just that. */
export const literal: ReadonlySet<number> = new Set([
  smd.CODE_BLOCK,
  smd.CODE_FENCE,
  smd.CODE_INLINE,
  smd.EQUATION_BLOCK,
  smd.EQUATION_INLINE,
  smd.LINK,
  smd.IMAGE,
  smd.RAW_URL,
]);

const headingTags = ["h3", "h4", "h5", "h6"] as const;

interface Open {
  readonly type: smd.Token;
  readonly node: HTMLElement;
  /** Whether `node` was made for it: what is nested too deeply writes into the one around it. */
  readonly isOwn: boolean;
  /** Of a link: its address as the answer gave it. */
  address?: string;
}

/**
 * Builds nodes with createElement and text with text nodes alone, so that no HTML is ever read.
 * @param pending what the parser has read and not yet understood
 */
export function createMarkdownRenderer(root: HTMLElement, pending: () => string): MarkdownTree {
  const base: Open = { type: smd.DOCUMENT, node: root, isOwn: true };
  const stack = [base];
  let firstLevel: number | undefined;
  /** An answer stands below the headings of its panel: whatever level it begins with is the third. */
  const headingTag = (type: smd.Token) => {
    if (type < smd.HEADING_1 || type > smd.HEADING_6) return undefined;
    firstLevel ??= type;
    return headingTags[Math.max(0, type - firstLevel)] ?? "h6";
  };
  const top = () => stack.at(-1) ?? base;
  const endToken = () => {
    const ended = stack.length > 1 ? stack.pop() : undefined;
    if (ended?.isOwn) finish(ended, pending());
  };
  return {
    renderer: {
      data: undefined,
      add_token(_, type) {
        const parent = top();
        const tag = headingTag(type) ?? elements[type] ?? "span";
        const isOwn = stack.length <= maxDepth;
        stack.push({ type, isOwn, node: isOwn ? append(parent, type, tag) : parent.node });
      },
      end_token: endToken,
      add_text: (_, text) => {
        const { node, type } = top();
        appendText(node, text);
        const last = node.lastChild;
        if (/[】］]/.test(text) && !literal.has(type) && last instanceof Text)
          citeWide(last, text.length);
      },
      set_attr(_, attribute, value) {
        const open = top();
        if (attribute === smd.HREF || attribute === smd.SRC) open.address = value;
        else if (open.isOwn) setAttribute(open, attribute, value);
      },
    },
    addText: (text) => appendText(top().node, text),
    get canNest() {
      return stack.length <= maxDepth;
    },
    close() {
      while (stack.length > 1) endToken();
    },
  };
}

function append(
  { node, type: parentType }: Open,
  type: smd.Token,
  tag: keyof HTMLElementTagNameMap,
): HTMLElement {
  const element = document.createElement(tag);
  if (type === smd.TABLE) {
    const frame = node.appendChild(document.createElement("div"));
    frame.className = "table";
    frame.tabIndex = 0;
    return frame.appendChild(element);
  }
  if (type === smd.TABLE_CELL && parentType === smd.TABLE_ROW && !node.previousSibling) {
    return node.appendChild(document.createElement("th"));
  }
  if (type === smd.CHECKBOX) setChecked(element, false);
  const isBlock = type === smd.CODE_BLOCK || type === smd.CODE_FENCE || type === smd.EQUATION_BLOCK;
  return isBlock ? appendCode(node, element) : node.appendChild(element);
}

/** A block of code in a frame that names its language and copies it. */
function appendCode(node: HTMLElement, block: HTMLElement): HTMLElement {
  const frame = node.appendChild(document.createElement("div"));
  frame.className = "code";
  const button = frame.appendChild(document.createElement("button"));
  button.type = "button";
  button.className = "copy-code";
  button.ariaLabel = strings.copyCode;
  // Its word is shown by the style sheet, so that it is no part of the answer's text.
  button.dataset["label"] = strings.copy;
  // What scrolls sideways must be within reach of the keyboard.
  block.tabIndex = 0;
  return frame.appendChild(block).appendChild(document.createElement("code"));
}

/** Joins what comes to the text before it: one node, however many pieces. */
function appendText(node: HTMLElement, text: string): void {
  if (!text) return;
  const last = node.lastChild;
  if (last instanceof Text) last.appendData(text);
  else node.append(text);
}

function setAttribute({ node }: Open, attribute: smd.Attr, value: string): void {
  if (attribute === smd.CHECKED) setChecked(node, true);
  const frame = node.closest<HTMLElement>(".code");
  if (attribute === smd.LANG && frame)
    frame.dataset["language"] = value.trim().split(/\s/, 1)[0]?.slice(0, 20) ?? "";
  if (attribute === smd.START && node instanceof HTMLOListElement) node.start = Number(value) || 1;
}

function setChecked(node: HTMLElement, isChecked: boolean): void {
  node.className = "checkbox";
  node.role = "img";
  node.ariaLabel = isChecked ? "Done" : "Not done";
  node.textContent = isChecked ? "☑" : "☐";
}

function finish({ type, node, address }: Open, pending: string): void {
  if (!(node instanceof HTMLAnchorElement)) return;
  if (type === smd.RAW_URL) return finishBareAddress(node);
  if (address === undefined) return finishBrackets(node, type, pending);
  // A title may follow the address; neither is shown.
  const href = safeHref(
    address
      .trim()
      .split(/\s/, 1)[0]
      ?.replace(/^<(.*)>$/, "$1"),
  );
  if (node.textContent === autolinkText) node.textContent = address;
  if (!node.textContent) node.textContent = href ?? "";
  if (href) return setHref(node, href);
  // `[1](see below)` is a citation with words behind it.
  const citations = type === smd.LINK ? citationsOf(node.textContent) : undefined;
  if (!citations) return unwrap(node, "", "");
  node.after(`(${address})`);
  placeCitations(node, citations);
}

/** `[1]` cites a source; any other text in brackets, or behind one that never closed, is just that. */
function finishBrackets(node: HTMLAnchorElement, type: smd.Token, pending: string): void {
  const isClosed = pending === "]";
  const citations = isClosed ? citationsOf(node.textContent) : undefined;
  if (citations) {
    // "So it is![1]" reads like an image.
    if (type === smd.IMAGE) node.before("!");
    return placeCitations(node, citations);
  }
  appendText(node, pending.startsWith("](") ? pending.trimEnd() : "");
  unwrap(node, type === smd.IMAGE ? "![" : "[", isClosed ? "]" : "");
}

/** The stop that ends a sentence is no part of the address before it. */
function finishBareAddress(node: HTMLAnchorElement): void {
  const text = node.textContent;
  const stop = text.includes("(") ? /[.,;:!?'"*]+$/ : /[.,;:!?'"*)]+$/;
  const trailing = stop.exec(text)?.[0] ?? "";
  const address = text.slice(0, text.length - trailing.length);
  const href = safeHref(address);
  if (!href) return unwrap(node, "", "");
  node.textContent = address;
  setHref(node, href);
  node.after(trailing);
}

function unwrap(node: HTMLElement, before: string, after: string): void {
  node.replaceWith(before, ...node.childNodes, after);
}
