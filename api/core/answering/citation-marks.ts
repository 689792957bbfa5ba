import { longestForm, readNumbers } from "./citation-forms.ts";
import { closesFence, type Fence, readFence, splitLines } from "./markdown-lines.ts";

/** A place where a text cites sources: `[2]`, `[1, 3]`, `[^2]`, `[Source 2]`, `【2†source】` … */
export interface CitationMark {
  readonly numbers: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** An address behind the brackets makes a link of them. */
const bracketed = new RegExp(
  String.raw`\[([^\[\]\n]{1,${longestForm}})\](?!\((?:https?:|mailto:)[^\s()]*\))|[【［]([^【】［］\n]{1,${longestForm}})[】］]`,
  "gi",
);
const inlineCode = /`[^`\r\n]*`/g;

/** The text with blanks in place of its code, in which nothing is quoted or cited; offsets and lines stay. */
export function blankCode(text: string): string {
  if (!/[`~]/.test(text)) return text;
  let blanked = "";
  let at = 0;
  let fence: Fence | undefined;
  let isQuoted = false;
  for (const line of splitLines(text)) {
    const inner = { ...line, text: line.text.replace(/^(?:>[ \t]?)+/, "") };
    // A fence within a block quote ends with the quote at the latest.
    if (isQuoted && !line.text.startsWith(">")) fence = undefined;
    const opened = fence ?? readFence(inner);
    const raw = text.slice(at, line.end);
    blanked += opened ? toBlanks(raw) : raw.replace(inlineCode, toBlanks);
    at = line.end;
    if (!fence) isQuoted = line.text.startsWith(">");
    fence = fence && closesFence(inner, fence) ? undefined : opened;
  }
  return blanked + text.slice(at);
}

function toBlanks(text: string): string {
  return text.replace(/[^\r\n]/g, " ");
}

/** In order; brackets in code cite nothing. @param prose the text as `blankCode` has left it. */
export function findMarks(prose: string): CitationMark[] {
  return [...prose.matchAll(bracketed)].flatMap(({ 0: match, 1: square, 2: wide, index }) => {
    const numbers = readNumbers(square ?? wide ?? "");
    return numbers ? [{ numbers, start: index, end: index + match.length }] : [];
  });
}

/** The text without the citations of these numbers alone, nor the space before them. */
export function removeCitations(text: string, numbers: ReadonlySet<number>): string {
  let kept = "";
  let from = 0;
  for (const citation of findMarks(blankCode(text))) {
    if (!citation.numbers.every((number) => numbers.has(number))) continue;
    let end = citation.start;
    while (end > from && /[ \t]/.test(text[end - 1] ?? "")) end -= 1;
    kept += text.slice(from, end);
    from = citation.end;
  }
  return kept + text.slice(from);
}
