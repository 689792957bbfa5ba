/**
 * A line of plain words, kept from being read as Markdown's heading, quote, rule, fence or underline. What
 * may look like a list's item stays: it mostly is one.
 */
export function escapeLine(line: string): string {
  return /^(?:#{1,6}(?=\s|$)|>|`{3}|~{3}|(?:[-=*_]\s*){2,}$)/.test(line) ? `\\${line}` : line;
}

/** Longer headings are read as paragraphs (see core/answering/markdown-lines.ts). */
const longestHeading = 180;

/** `## Words`, or a paragraph where they are too many. @param level from 1; below 6 is 6. */
export function writeHeading(level: number, words: string): string {
  const line = words.replace(/\s+/g, " ").trim();
  if (line === "") return "";
  return line.length > longestHeading
    ? escapeLine(line)
    : `${"#".repeat(Math.min(Math.max(level, 1), 6))} ${line}`;
}

/** A fence that no line of the code can close. */
export function writeCode(code: string, language = ""): string {
  const longest = Math.max(2, ...Array.from(code.matchAll(/`{3,}/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${code}\n${fence}`;
}
