import { listOptions, readNumbers, UsageError, type NumberOption } from "./number-options.ts";

/** What a run found out. */
export interface RunReport {
  /** Printed at the end, a line each. */
  readonly counts: readonly string[];
  /** What should not have happened; empty when all is well. */
  readonly faults: readonly string[];
}

export interface RunCommand<Name extends string> {
  readonly options: Readonly<Record<Name, NumberOption>>;
  /** Stands above the list of the options. */
  readonly about: string;
  /** Closes all that it opens, also when the signal ends it early. */
  run(
    options: Record<Name, number>,
    say: (line: string) => void,
    stop: AbortSignal,
  ): Promise<RunReport>;
}

const mostFaults = 20;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs a test command to its end. Exit codes: 0 all is well, 1 it isn't, 2 the command line is wrong. */
export async function runCommand<Name extends string>(command: RunCommand<Name>): Promise<void> {
  const { options, about } = command;
  try {
    const numbers = readNumbers(process.argv.slice(2), options);
    if (numbers === "help") return say(`${about}\n\n${listOptions(options)}`.trimEnd());
    const stop = new AbortController();
    const onSignal = () => stop.abort(new Error("It was interrupted"));
    process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
    const { counts, faults } = await command.run(numbers, say, stop.signal);
    for (const line of counts) say(line);
    for (const line of listFaults(faults)) say(`❌ ${line}`);
    say(faults.length === 0 ? "✅ All is well" : `❌ ${faults.length} faults`);
    process.exitCode = faults.length === 0 ? 0 : 1;
  } catch (error) {
    process.exitCode = error instanceof UsageError ? 2 : 1;
    if (!(error instanceof UsageError)) return console.error(error);
    console.error(`❌ ${error.message}\n\n${about}\n\n${listOptions(options)}`);
  }
}

/** Each text once, with how often it was said. */
function listFaults(faults: readonly string[]): string[] {
  const lines = [...Map.groupBy(faults, (text) => text)].map(([text, { length }]) =>
    length === 1 ? text : `${text} (${length} times)`,
  );
  const left = lines.length - mostFaults;
  return left > 0 ? [...lines.slice(0, mostFaults), `… and ${left} more`] : lines;
}
