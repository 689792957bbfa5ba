/** 1: something could not be done. 2: the command line itself is wrong. */
export type ExitCode = 1 | 2;

/** What stands in the way of a command; its text tells a person what to do. */
export class CommandError extends Error {
  override name = "CommandError";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
