import { type DomElement, isElement, nameOf } from "./dom.ts";

/** Columns and rows that one cell may span; more is a mistake or an attack. */
const widestSpan = 50;

/**
 * A table as Markdown, its first row as the header; undefined for what is no table of values: a single
 * column, or cells that hold tables, lists, code or headings, as where tables make a layout.
 */
export function writeTable(
  table: DomElement,
  readCell: (cell: DomElement) => string,
): string | undefined {
  if (holdsBlocks(table)) return undefined;
  const rows = Array.from(table.querySelectorAll("tr"), (row) => readRow(row, readCell)).filter(
    (row) => row.some((cell) => cell !== ""),
  );
  const width = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const [header, ...rest] = rows;
  if (width < 2 || !header) return undefined;
  const rule = `| ${Array.from({ length: width }, () => "---").join(" | ")} |`;
  return [writeRow(header, width), rule, ...rest.map((row) => writeRow(row, width))].join("\n");
}

const blocks = new Set(["table", "pre", "ul", "ol", "h1", "h2", "h3"]);

function holdsBlocks(element: DomElement): boolean {
  for (const child of element.childNodes) {
    if (isElement(child) && (blocks.has(nameOf(child)) || holdsBlocks(child))) return true;
  }
  return false;
}

function readRow(row: DomElement, readCell: (cell: DomElement) => string): string[] {
  const cells: string[] = [];
  for (const child of row.childNodes) {
    if (!isElement(child) || !/^t[dh]$/.test(nameOf(child))) continue;
    const span = Number.parseInt(child.getAttribute("colspan") ?? "1", 10) || 1;
    cells.push(toCell(readCell(child)));
    for (let i = 1; i < Math.min(span, widestSpan); i++) cells.push("");
  }
  return cells;
}

function writeRow(cells: readonly string[], width: number): string {
  return `| ${Array.from({ length: width }, (_, i) => cells[i] ?? "").join(" | ")} |`;
}

function toCell(text: string): string {
  return text.replace(/\s+/g, " ").trim().replaceAll("|", "\\|");
}
