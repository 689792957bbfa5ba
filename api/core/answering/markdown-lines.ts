/** One line of Markdown or plain text; offsets count UTF-16 units in the whole text. */
export interface Line {
  /** Where the line begins, its indentation included. */
  readonly from: number;
  /** The line without the white space around it; empty for a blank line. */
  readonly text: string;
  /** Where `text` begins. */
  readonly start: number;
  /** Where `text` ends. */
  readonly end: number;
  /** Columns of white space before `text`; a tab reaches to the next multiple of four. */
  readonly indent: number;
}

/** The lines of a text; an array of them is one as well. */
export interface Lines {
  readonly length: number;
  at(index: number): Line | undefined;
  slice(from: number, to: number): Line[];
}

/** Every line of `text`, blank ones included; `\n`, `\r\n` and `\r` end a line. */
export function splitLines(text: string): Line[] {
  const lines = openLines(text);
  return lines.slice(0, lines.length);
}

/** Lines that are remembered: who reads a text looks at the same few again and again. */
const remembered = 8;

/** The same, each made when it is asked for: a text of millions of lines takes four bytes for each. */
export function openLines(text: string): Lines {
  const starts = findLineStarts(text);
  const { length } = starts;
  const known: (Line | undefined)[] = Array.from({ length: remembered });
  const places = new Int32Array(remembered).fill(-1);

  function read(index: number): Line {
    const from = starts[index] ?? 0;
    const next = starts[index + 1];
    if (next === undefined) return readLine(text.slice(from), from);
    const isCrLf = text[next - 1] === "\n" && next - 2 >= from && text[next - 2] === "\r";
    return readLine(text.slice(from, isCrLf ? next - 2 : next - 1), from);
  }

  return {
    length,
    at(index) {
      if (index < 0 || index >= length) return undefined;
      const slot = index % remembered;
      const line = places[slot] === index ? known[slot] : undefined;
      if (line) return line;
      places[slot] = index;
      return (known[slot] = read(index));
    },
    slice: (from, to) =>
      Array.from({ length: Math.min(to, length) - from }, (_, n) => read(from + n)),
  };
}

function findLineStarts(text: string): Uint32Array {
  let count = 1;
  for (let at = 0; at < text.length; at++) if (endsLine(text, at)) count++;
  const starts = new Uint32Array(count);
  for (let at = 0, line = 1; at < text.length; at++)
    if (endsLine(text, at)) starts[line++] = at + 1;
  return starts;
}

/** Whether the character is the last one of a line's end. */
function endsLine(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10);
}

function readLine(raw: string, from: number): Line {
  const text = raw.trim();
  const lead = raw.length - raw.trimStart().length;
  let indent = 0;
  for (let i = 0; i < lead; i++) indent = raw[i] === "\t" ? indent + 4 - (indent % 4) : indent + 1;
  return { from, text, start: from + lead, end: from + lead + text.length, indent };
}

/** What a fenced code block began with: its closing line has the same character at least as often. */
export interface Fence {
  readonly mark: string;
  readonly length: number;
}

/** The fence that the line opens, alone, indented, or as the first thing in a list item. */
export function readFence(line: Line): Fence | undefined {
  const text = line.text.slice(readMarker(line)?.length).trimStart();
  const run = /^(?:`{3,}|~{3,})/.exec(text)?.[0];
  const mark = run?.[0];
  if (run === undefined || mark === undefined) return undefined;
  // ````a``` b` on one line is code within a sentence.
  if (mark === "`" && text.includes("`", run.length)) return undefined;
  return { mark, length: run.length };
}

export function closesFence({ text }: Line, { mark, length }: Fence): boolean {
  return text.length >= length && isRunOf(text, mark);
}

/** Longer ones are taken for paragraphs: a heading stands with each of its passages. */
const maxHeadingLength = 200;

/** `## Title ##` → level 2, "Title". */
export function readHeading({ text, indent }: Line): { level: number; title: string } | undefined {
  const marks = /^#{1,6}(?=[ \t]|$)/.exec(text)?.[0];
  if (marks === undefined || indent > 3 || text.length > maxHeadingLength) return undefined;
  const title = text.slice(marks.length);
  return {
    level: marks.length,
    title: plainTitle(title.endsWith("#") ? title.replace(/(?:^|[ \t])#+$/, "") : title),
  };
}

/** The level that an underline of `=` or `-` gives to the one line above it. */
export function readUnderline(above: Line, { text, indent }: Line): 1 | 2 | undefined {
  if (text.length < 2 || indent > 3 || above.text.length > maxHeadingLength) return undefined;
  if (isRunOf(text, "=")) return 1;
  return isRunOf(text, "-") ? 2 : undefined;
}

/** A heading's words without its marks for links, code and emphasis. */
export function plainTitle(markdown: string): string {
  if (markdown === "") return "";
  return markdown
    .replace(/!?\[([^[\]]*)\]\([^()]*\)/g, "$1")
    .replace(/[`*]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** `---`, `* * *`: three or more of one of `-`, `*`, `_`, with nothing but blanks between them. */
export function isThematicBreak({ text, indent }: Line): boolean {
  const mark = text[0];
  if (indent > 3 || (mark !== "-" && mark !== "*" && mark !== "_")) return false;
  const marks = text.replace(/[ \t]/g, "");
  return marks.length >= 3 && isRunOf(marks, mark);
}

/** The marker of a list item, `-` or `12.`. */
export function readMarker({ text }: Line): string | undefined {
  return /^(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)/.exec(text)?.[0];
}

export function isQuoteLine({ text, indent }: Line): boolean {
  return indent <= 3 && text.startsWith(">");
}

/** `|---|:--:|`, the line below a table's header. */
export function isTableRule({ text }: Line): boolean {
  return text.includes("|") && text.includes("-") && /^[|:\- \t]+$/.test(text);
}

/** Whether the text ends in ":" and so says little without what follows it. */
export function introduces(text: string): boolean {
  return /:[*_)]{0,3}$/.test(text);
}

function isRunOf(text: string, mark: string): boolean {
  for (let i = 0; i < text.length; i++) if (text[i] !== mark) return false;
  return text !== "";
}
