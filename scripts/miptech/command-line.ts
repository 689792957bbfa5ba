import { parseArgs } from "node:util";
import { CommandError } from "./command-error.ts";

export const help = `Usage: npm run miptech -- documents <command> --tenant ID [options]

Brings a tenant's own documents to the running server, which answers from them at once.

Commands
  documents add PATH…              uploads files, and those of folders and all folders in them:
                                   .md, .markdown and .txt, in UTF-8, at most 1 MiB each
  documents list                   prints the documents: id, bytes, source and title
  documents delete SOURCE_OR_ID…   deletes documents

A document is known by its source: the path of its file within the folder that was given, such as
handbook/holidays.md. Adding a source again replaces it. Hidden folders and node_modules are left out.

Options
  --tenant ID      whose documents; always needed
  --prefix TEXT    add: stands before each source, such as wiki/
  --prune          add: also deletes the documents, of that prefix if there is one, that the folders
                   don't hold any more
  --url ADDRESS    the server's address; else http://localhost with the PORT of the server's settings
  -h, --help       prints this

The admin token is taken from ADMIN_TOKEN in the environment or .env, else from .data/secrets.json, where a
development server keeps the one that it made.

Exit codes: 0 all is done, 1 something could not be done, 2 the command line is wrong.
`;

export interface CommandLine {
  readonly command: "add" | "list" | "delete";
  readonly tenantId: string;
  /** Files and folders, or sources and ids. */
  readonly operands: readonly string[];
  /** Empty when it was left out. */
  readonly prefix: string;
  readonly prune: boolean;
  readonly url: string | undefined;
}

/** @throws CommandError with exit code 2 */
export function readCommandLine(args: readonly string[]): CommandLine | "help" {
  const { values, positionals } = parse(args);
  if (values.help || args.length === 0) return "help";
  const [noun, verb, ...operands] = positionals;
  if (noun !== "documents") throw wrong(`There is no command ${noun ?? ""}`.trimEnd());
  const command = (["add", "list", "delete"] as const).find((known) => known === verb);
  if (!command)
    throw wrong(verb ? `There is no command documents ${verb}` : "documents: which command?");
  if (!values.tenant) throw wrong("--tenant ID is missing");
  const takesOperands = command !== "list";
  if (takesOperands && operands.length === 0)
    throw wrong(`documents ${command}: ${command === "add" ? "PATH" : "SOURCE_OR_ID"} is missing`);
  if (!takesOperands && operands.length > 0)
    throw wrong(`documents ${command} takes no ${operands[0]}`);
  const { prefix = "", prune = false, url } = values;
  if (command !== "add" && (prefix || prune))
    throw wrong(`documents ${command} takes neither --prefix nor --prune`);
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    throw wrong("--url: an address such as https://example.com is expected");
  return { command, tenantId: values.tenant, operands, prefix, prune, url };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        tenant: { type: "string" },
        prefix: { type: "string" },
        prune: { type: "boolean" },
        url: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

function wrong(text: string): CommandError {
  return new CommandError(`${text}\nnpm run miptech -- --help tells more`, 2);
}
