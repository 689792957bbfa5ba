import { parseArgs } from "node:util";

/** A number that a command takes. */
export interface NumberOption {
  readonly standard: number;
  readonly least: number;
  readonly most: number;
  /** A line of the help. */
  readonly about: string;
}

/** The command line is wrong; the text tells how. */
export class UsageError extends Error {
  override name = "UsageError";
}

/**
 * Reads `--name NUMBER …`.
 * @returns each option's value, or `help`. @throws UsageError
 */
export function readNumbers<Name extends string>(
  args: readonly string[],
  options: Readonly<Record<Name, NumberOption>>,
): Record<Name, number> | "help" {
  const names = Object.keys(options) as Name[];
  const texts = parse(args, names);
  if (texts.help) return "help";
  const numbers = names.map((name): [Name, number] => {
    const { standard, least, most } = options[name];
    const text = texts[name];
    if (text === undefined) return [name, standard];
    const number = typeof text === "string" && /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(number >= least && number <= most))
      throw new UsageError(
        `--${name} ${text}: a whole number from ${least} to ${most} is expected`,
      );
    return [name, number];
  });
  return Object.fromEntries(numbers) as Record<Name, number>;
}

/** The help's lines about the options. */
export function listOptions(options: Readonly<Record<string, NumberOption>>): string {
  const lines = Object.entries(options).map(
    ([name, { standard, about }]) => `  --${`${name} N`.padEnd(18)} ${about} (${standard})\n`,
  );
  return `${lines.join("")}  --${"help".padEnd(18)} prints this\n`;
}

function parse(
  args: readonly string[],
  names: readonly string[],
): Readonly<Record<string, string | boolean | undefined>> {
  const numbers = names.map((name) => [name, { type: "string" }] as const);
  const help = { type: "boolean", short: "h" } as const;
  try {
    return parseArgs({ args: [...args], options: { ...Object.fromEntries(numbers), help } }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
