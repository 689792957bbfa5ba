/** Where a command writes what it has to say. */
export interface Output {
  /** Prints a line for people; nothing where JSON is wanted. */
  say(line: string): void;
  /** Prints the answer where JSON is wanted, else nothing. */
  give(answer: unknown): void;
}

/** @param write takes whole lines, each with its end. */
export function createOutput(write: (text: string) => void, isJson: boolean): Output {
  return {
    say: (line) => void (isJson || write(`${disarm(line)}\n`)),
    give: (answer) => void (isJson && write(`${JSON.stringify(answer, null, 2)}\n`)),
  };
}

/** Columns as wide as their widest cell, with a head in capitals. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const lines = [head.map((title) => title.toUpperCase()), ...rows];
  const widths = head.map((_title, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Names beside their values, one a line. */
export function formatFields(fields: Readonly<Record<string, string>>): string[] {
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  return Object.entries(fields).map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd());
}

/** `1 key`, `2 keys`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Control characters of a name, which others choose, would be commands to the terminal. */
function disarm(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, "\ufffd");
}
