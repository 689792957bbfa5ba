import { parseArgs } from "node:util";
import { CommandError } from "./command-error.ts";
import {
  commands,
  isCommandName,
  ownOptions,
  type Command,
  type CommandName,
  type OptionName,
} from "./commands.ts";

export interface CommandLine {
  readonly command: CommandName;
  /** Undefined where the command concerns none, or all. */
  readonly tenantId: string | undefined;
  /** What follows the command, such as files and folders, or ids. */
  readonly operands: readonly string[];
  readonly options: Options;
  /** The server's address. */
  readonly url: string | undefined;
  /** The admin token may go to another machine over http, where all on the way can read it. */
  readonly insecure: boolean;
  /** Prints the server's answer, for scripts. */
  readonly json: boolean;
}

type Parsed = ReturnType<typeof parse>;
export type Options = Pick<Parsed["values"], OptionName>;

/** What the line asks help for: the noun, if there is one. */
export interface HelpWanted {
  readonly helpFor: string | undefined;
}

/** @throws CommandError with exit code 2 */
export function readCommandLine(args: readonly string[]): CommandLine | HelpWanted {
  const { values, positionals } = parse(args);
  const { tenant: tenantId, url, insecure = false, json = false, help, ...options } = values;
  if (help || args.length === 0) return { helpFor: positionals[0] };
  const { command, operands } = findCommand(positionals);
  const rules: Command = commands[command];
  checkTenant(command, rules, tenantId);
  checkOperands(command, rules, operands, options);
  checkOptions(command, rules, options);
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    throw wrong("--url: an address such as https://example.com is expected");
  return { command, tenantId, operands, options, url, insecure, json };
}

/** The nouns, each once. */
export function listNouns(): string[] {
  return [...new Set(Object.keys(commands).map((name) => name.split(" ")[0] ?? ""))];
}

export function wrong(text: string): CommandError {
  return new CommandError(`${text}\nnpm run miptech -- --help tells more`, 2);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...ownOptions,
        tenant: { type: "string" },
        url: { type: "string" },
        insecure: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

function findCommand([noun = "", verb, ...rest]: readonly string[]): {
  command: CommandName;
  operands: readonly string[];
} {
  if (isCommandName(noun)) return { command: noun, operands: verb ? [verb, ...rest] : [] };
  if (!listNouns().includes(noun)) throw wrong(`There is no command ${noun}`.trimEnd());
  if (!verb) throw wrong(`${noun}: which command?`);
  const command = `${noun} ${verb}`;
  if (!isCommandName(command)) throw wrong(`There is no command ${command}`);
  return { command, operands: rest };
}

function checkTenant(command: string, { tenant }: Command, given: string | undefined): void {
  if (tenant === "needed" && !given) throw wrong("--tenant ID is missing");
  if (tenant === "none" && given !== undefined) throw wrong(`${command} takes no --tenant`);
}

function checkOperands(
  command: string,
  rules: Command,
  given: readonly string[],
  options: Options,
): void {
  const { operands, insteadOfOperands: instead } = rules;
  if (instead !== undefined && options[instead]) {
    if (given.length > 0) throw wrong(`${command} --${instead} takes no ${given[0]}`);
    return;
  }
  const most = operands === undefined ? 0 : operands.endsWith("…") ? Infinity : 1;
  if (operands !== undefined && given.length === 0)
    throw wrong(`${command}: ${operands.replace("…", "")} is missing`);
  if (given.length > most) throw wrong(`${command} takes no ${given[most]}`);
}

function checkOptions(command: string, rules: Command, given: Options): void {
  const { options = [], needs = [] } = rules;
  const strange = Object.keys(given).find((name) => !options.some((known) => known === name));
  if (strange !== undefined) throw wrong(`${command} takes no --${strange}`);
  const missing = needs.find((name) => given[name] === undefined);
  if (missing !== undefined) throw wrong(`${command}: --${missing} is missing`);
}
