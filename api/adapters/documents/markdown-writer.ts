import { type DomElement, type DomNode, isElement, isText, nameOf } from "./dom.ts";
import { escapeLine, writeCode, writeHeading } from "./markdown-text.ts";
import { writeTable } from "./markdown-table.ts";

/** Levels of lists and quotes that are kept as such; what is deeper is text of the level above. */
const deepestNesting = 10;
/** Levels of elements; below that only their text counts. */
const deepestElement = 400;

const leftOut = new Set(
  "head title script style noscript template nav svg canvas iframe object embed audio video map select button input textarea datalist progress meter".split(
    " ",
  ),
);
const blocks = new Set(
  "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu ol p pre search section summary table tbody td tfoot th thead tr ul".split(
    " ",
  ),
);

/** The blocks that are written so far, and the line that is being written. */
interface Flow {
  readonly blocks: string[];
  line: string;
  /** Of lists and quotes around. */
  readonly nesting: number;
}

/** The blocks of Markdown of an element: headings, paragraphs, lists, quotes, code and tables. */
export function writeMarkdown(element: DomElement): string[] {
  return blocksOf(element, 0, 0);
}

function blocksOf(element: DomElement, nesting: number, depth: number): string[] {
  const flow: Flow = { blocks: [], line: "", nesting };
  writeChildren(flow, element, depth);
  endLine(flow);
  return flow.blocks;
}

function writeChildren(flow: Flow, node: DomNode, depth: number): void {
  if (depth > deepestElement) {
    flow.line += `${node.textContent ?? ""} `;
    return;
  }
  for (const child of node.childNodes) {
    if (isText(child)) flow.line += child.textContent ?? "";
    else if (isElement(child)) writeElement(flow, child, depth + 1);
  }
}

function writeElement(flow: Flow, element: DomElement, depth: number): void {
  const name = nameOf(element);
  if (leftOut.has(name) || isHidden(element)) return;
  if (name === "br") flow.line += lineBreak;
  else if (name === "code" || name === "kbd" || name === "samp") writeInlineCode(flow, element);
  else if (!blocks.has(name)) writeChildren(flow, element, depth);
  else {
    endLine(flow);
    writeBlock(flow, element, name, depth);
    endLine(flow);
  }
}

function writeBlock(flow: Flow, element: DomElement, name: string, depth: number): void {
  const { nesting } = flow;
  const heading = /^h([1-6])$/.exec(name)?.[1];
  if (heading !== undefined) {
    const words = blocksOf(element, nesting, depth).join(" ");
    flow.blocks.push(nesting === 0 ? writeHeading(Number(heading), words) : words);
  } else if (name === "hr") flow.blocks.push(nesting === 0 ? "---" : "");
  else if (name === "pre") writePre(flow, element);
  else if (name === "table") writeTableOrParts(flow, element, depth);
  else if (nesting >= deepestNesting) writeChildren(flow, element, depth);
  else if (name === "blockquote") {
    const quoted = blocksOf(element, nesting + 1, depth).join("\n\n");
    if (quoted !== "") flow.blocks.push(quoted.replace(/^/gm, "> ").replace(/^> $/gm, ">"));
  } else if (name === "ul" || name === "ol" || name === "menu" || name === "dir")
    writeList(flow, element, name === "ol", depth);
  else writeChildren(flow, element, depth);
}

function writeList(flow: Flow, list: DomElement, isOrdered: boolean, depth: number): void {
  const start = Number.parseInt(list.getAttribute("start") ?? "", 10);
  let number = Number.isNaN(start) ? 1 : Math.min(Math.max(start, 0), 99_999_999);
  const items: string[] = [];
  for (const child of list.childNodes) {
    // Lists within lists often stand beside the items, not in them.
    if (!isElement(child)) continue;
    const isItem = nameOf(child) === "li";
    const parts: string[] = [];
    if (isItem) parts.push(...blocksOf(child, flow.nesting + 1, depth + 1));
    else {
      const inner: Flow = { blocks: parts, line: "", nesting: flow.nesting + 1 };
      writeElement(inner, child, depth + 1);
      endLine(inner);
    }
    const text = joinTight(parts);
    if (text === "") continue;
    const marker = isOrdered ? `${number}. ` : "- ";
    items.push((isItem ? marker : "  ") + text.replaceAll("\n", `\n${" ".repeat(marker.length)}`));
    if (isItem) number++;
  }
  flow.blocks.push(items.join("\n").replace(/[ \t]+$/gm, ""));
}

/** A list directly below an item's words needs no blank line. */
function joinTight(parts: readonly string[]): string {
  return parts
    .filter((part) => part !== "")
    .reduce((text, part) => {
      if (text === "") return part;
      return /^(?:-|\d+\.) /.test(part) ? `${text}\n${part}` : `${text}\n\n${part}`;
    }, "");
}

function writeTableOrParts(flow: Flow, table: DomElement, depth: number): void {
  const { nesting } = flow;
  const written =
    nesting === 0 ? writeTable(table, (cell) => blocksOf(cell, 1, depth).join(" ")) : undefined;
  if (written === undefined) return writeChildren(flow, table, depth);
  for (const child of table.childNodes) {
    const isCaption = isElement(child) && nameOf(child) === "caption";
    if (isCaption) flow.blocks.push(...blocksOf(child, nesting, depth));
  }
  flow.blocks.push(written);
}

function writePre(flow: Flow, pre: DomElement): void {
  const code = (pre.textContent ?? "").replace(/^\n|\s+$/g, "");
  if (code.trim() === "") return;
  const classes = `${pre.getAttribute("class") ?? ""} ${pre.querySelector("code")?.getAttribute("class") ?? ""}`;
  const language = /\blang(?:uage)?-([\w+#-]{1,30})/.exec(classes)?.[1];
  flow.blocks.push(writeCode(code, language));
}

function writeInlineCode(flow: Flow, element: DomElement): void {
  const code = (element.textContent ?? "").replace(/\s+/g, " ").trim();
  if (code !== "") flow.line += code.includes("`") ? code : `\`${code}\``;
}

/** Stands for `<br>` until the line ends, since white space means nothing in HTML. */
const lineBreak = "\0";

function endLine(flow: Flow): void {
  const text = flow.line
    .replace(/[^\S\u00a0]+/g, " ")
    .split(lineBreak)
    .map((line) => escapeLine(line.trim()))
    .join("\n")
    .replace(/\n{2,}/g, "\n\n")
    .trim();
  flow.line = "";
  if (text !== "") flow.blocks.push(text);
}

function isHidden(element: DomElement): boolean {
  if (element.hasAttribute("hidden") || element.getAttribute("role") === "navigation") return true;
  return /display\s*:\s*none/i.test(element.getAttribute("style") ?? "");
}
