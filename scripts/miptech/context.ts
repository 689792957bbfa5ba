import type { Api } from "./api.ts";
import type { CommandLine } from "./command-line.ts";
import type { Output } from "./output.ts";

/** What a command works with. */
export interface CommandContext {
  readonly line: CommandLine;
  /** The server, for the tenant of `--tenant`. */
  readonly api: Api;
  /** The same for another tenant: the one that follows the command. */
  readonly apiOf: (tenantId: string) => Api;
  readonly output: Output;
  /** Prints a line of its own whatever else is printed: a key that is to be piped. */
  readonly print: (line: string) => void;
  /** The largest document that the server takes. */
  readonly maxDocumentBytes: number;
  /** Lets so many milliseconds go by. */
  readonly wait: (ms: number) => Promise<void>;
  /** What relative paths are meant from. */
  readonly workingDir: string;
}

/** @returns whether all is done. */
export type RunCommand = (context: CommandContext) => Promise<boolean>;
