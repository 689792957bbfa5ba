import type { RunReport } from "../support/run-command.ts";
import type { Findings } from "./findings.ts";
import type { SessionReads } from "./session-client.ts";

/** What one way to the database has shown. */
export interface Storm {
  readonly name: string;
  readonly findings: Findings;
  /** How many rows were compared at the end. */
  readonly stored: number;
}

/** The client that sets `search_path` for a session. */
export interface Control {
  /** As superuser through PgBouncer: it must read wrong rows, else the test can't see any. */
  readonly pooled: SessionReads;
  /** As superuser without PgBouncer: it must read right ones, else what it sees is no leak. */
  readonly direct: SessionReads;
  /** With the platform's own login through PgBouncer: it must be refused, whatever path is set. */
  readonly asPlatform: SessionReads;
}

export function reportIsolation(storms: readonly Storm[], control: Control): RunReport {
  return {
    counts: [...storms.flatMap(describeStorm), ...describeControl(control)],
    faults: [
      ...storms.flatMap(({ name, findings }) => findings.faults.map((text) => `${name}: ${text}`)),
      ...judgeControl(control),
    ],
  };
}

function describeStorm({ name, findings, stored }: Storm): string[] {
  const counts = [...findings.counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const sum = (some: typeof counts) => some.reduce((total, [, count]) => total + count, 0);
  const aborted = sum(counts.filter(([kind]) => kind.startsWith("abort")));
  return [
    `${name}:`,
    ...counts.map(([kind, count]) => line(kind, count)),
    line("all operations", sum(counts)),
    line("aborted", aborted),
    line("rows compared at the end, with their writing role", stored),
    line("wrong rows", findings.wrongRows),
  ];
}

function describeControl({ pooled, direct, asPlatform }: Control): string[] {
  return [
    "a client that sets search_path for its session:",
    line(`leaks through PgBouncer in ${pooled.reads} reads`, pooled.wrong),
    line(`leaks without PgBouncer in ${direct.reads} reads`, direct.wrong),
    line(`refused with the platform's login of ${asPlatform.reads}`, asPlatform.refused),
  ];
}

function judgeControl({ pooled, direct, asPlatform }: Control): string[] {
  const faults: string[] = [];
  if (pooled.wrong === 0) faults.push("the control saw no leak");
  if (direct.wrong > 0) faults.push("the control saw a leak where each session has its connection");
  if (asPlatform.refused === 0 || asPlatform.refused + asPlatform.lost < asPlatform.reads)
    faults.push("the platform's login read a tenant's table without that tenant's role");
  return faults;
}

function line(text: string, count: number): string {
  return `  ${text.padEnd(50)} ${String(count).padStart(9)}`;
}
