import { parseArgs } from "node:util";
import { safeguards, type Safeguard } from "./mutant.ts";

export interface FaultCommand {
  readonly seed: number;
  readonly faults: number;
  readonly streams: number;
  readonly processes: number;
  readonly without: Safeguard | undefined;
  /** The plan is to be printed, and nothing run. */
  readonly plan: boolean;
}

/** The command line is wrong; the text tells how. */
export class UsageError extends Error {
  override name = "UsageError";
}

export const usage = `Usage: npm run test:faults -- [options]

Lets clients ask and read through every door of two server processes while connections, Redis, PostgreSQL and the
servers themselves fail. Fails unless every answer was read as it is stored, once and in order, to its one end.

  --seed N          what goes wrong, and when, and what is asked (1)
  --faults N        how much goes wrong; about two a second (1000)
  --streams N       readings of an answer, at the least (300)
  --processes N     server processes (2)
  --without WHAT    against a program without ${safeguards.join(" or ")}: must fail
  --plan            prints what would go wrong, and runs nothing
  --help            prints this
`;

/** @throws UsageError */
export function readCommandLine(args: readonly string[]): FaultCommand | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const number = (
    name: "seed" | "faults" | "streams" | "processes",
    least: number,
    most: number,
  ) => {
    const text = values[name];
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new UsageError(`--${name} ${text}: a whole number from ${least} to ${most} is expected`);
  };
  const without = safeguards.find((name) => name === values.without);
  if (values.without !== undefined && without === undefined)
    throw new UsageError(`--without ${values.without}: ${safeguards.join(" or ")} is expected`);
  return {
    seed: number("seed", 0, 2 ** 32),
    faults: number("faults", 1, 100_000),
    streams: number("streams", 0, 100_000),
    processes: number("processes", 1, 8),
    without,
    plan: values.plan,
  };
}

function parse(args: readonly string[]) {
  const text = (standard: string) => ({ type: "string", default: standard }) as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: text("1"),
        faults: text("1000"),
        streams: text("300"),
        processes: text("2"),
        without: { type: "string" },
        plan: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
