import type { RunReport } from "../support/run-command.ts";
import type { ConnectionOptions } from "./connection-run.ts";
import { measureGrowth, type MemorySample } from "./memory.ts";
import type { ClientSummary } from "./messages.ts";

export interface ConnectionFindings {
  readonly samples: readonly MemorySample[];
  readonly summaries: readonly ClientSummary[];
  /** Open connections by the server's count when the time was over. */
  readonly counted: number;
  readonly faults: readonly string[];
}

/** How often the server pings each connection, by docs/protocol.md. */
const pingSeconds = 15;

/** Judges what was seen. Without enough samples, since the server has died, memory is not judged. */
export function reportConnections(
  options: Pick<ConnectionOptions, "idle" | "warmup" | "seconds" | "streaming" | "heap" | "rss">,
  { samples, summaries, counted, faults }: ConnectionFindings,
): RunReport {
  const expected = options.idle + options.streaming;
  const sum = (of: (summary: ClientSummary) => number) =>
    summaries.reduce((total, summary) => total + of(summary), 0);
  const fewestPings = Math.min(...summaries.map((summary) => summary.fewestPings));
  const pingsDue = Math.floor((options.warmup + options.seconds) / pingSeconds) - 1;
  const memory = [
    judgeMemory(
      "heap",
      samples.map(({ heap }) => heap),
      options.heap,
    ),
    judgeMemory(
      "process (RSS)",
      samples.map(({ rss }) => rss),
      options.rss,
    ),
  ];
  return {
    counts: [
      row("connections", `${counted} at the end of ${expected}`),
      row(
        "answers streamed",
        sum(({ answers }) => answers.length),
      ),
      row(
        "chunks",
        sum(({ chunks }) => chunks),
      ),
      row("pings", `at least ${fewestPings} for each idle connection`),
      ...memory.map(({ count }) => count),
    ],
    faults: [
      ...faults,
      ...(counted === expected ? [] : [`the server has ${counted} connections, not ${expected}`]),
      ...(options.idle > 0 && fewestPings < pingsDue
        ? [`an idle connection got ${fewestPings} pings, and ${pingsDue} were due`]
        : []),
      ...memory.flatMap(({ fault }) => fault ?? []),
    ],
  };
}

function judgeMemory(name: string, samples: readonly number[], most: number) {
  if (samples.length < 4) return { count: row(name, "not measured"), fault: undefined };
  const { first, last, grown } = measureGrowth(samples);
  const mb = (number: number | undefined) => `${number?.toFixed(1)} MB`;
  const range = `${mb(samples[0])} at the start, ${mb(samples.at(-1))} at the end`;
  const medians = `median of the first quarter ${mb(first)}, of the last ${mb(last)}`;
  return {
    count: row(name, `${range}; ${medians}: ${grown < 0 ? "" : "+"}${mb(grown)}`),
    fault: grown > most ? `${name}: it grew by ${mb(grown)}, more than ${most} MB` : undefined,
  };
}

function row(name: string, text: string | number): string {
  return `${name.padEnd(20)} ${text}`;
}
