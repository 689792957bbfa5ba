import type { DoorName } from "./conversation-plan.ts";
import type { FaultKind } from "./fault.ts";
import { findingKinds, type Finding } from "./finding.ts";
import type { Takeover } from "./takeovers.ts";

/** What a run did, and what it found wrong. */
export interface FaultReport {
  readonly findings: readonly Finding[];
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Faults that found nothing to strike. */
  readonly missed: number;
  readonly conversations: number;
  readonly turns: number;
  /** Readings of one turn by one client. */
  readonly streams: ReadonlyMap<DoorName, number>;
  /** Turns that were answered in more than one attempt. */
  readonly takenOver: number;
  /** Turns that ended with an error, by its code. */
  readonly failed: ReadonlyMap<string, number>;
  /** How often readers came back. */
  readonly returns: number;
  readonly takeovers: readonly Takeover[];
  /** Where the logs are; undefined when all was well. */
  readonly folder: string | undefined;
}

/** Lines for people. The one before the last, of `findingKinds`, is what a run is about. */
export function describeReport(report: FaultReport): string[] {
  const { findings, faults, missed, takeovers, folder } = report;
  const struck = sum(faults);
  const calm = takeovers.filter(({ isCalm }) => isCalm);
  const others = takeovers.filter(({ isCalm }) => !isCalm);
  const count = (kind: string) => findings.filter((finding) => finding.kind === kind).length;
  return [
    `faults ${struck}: ${list(faults)}; of them found nothing to strike ${missed}`,
    `conversations ${report.conversations}, turns ${report.turns}, streams ${sum(report.streams)}: ${list(report.streams)}`,
    `readers came back ${report.returns} times`,
    `turns in more than one attempt ${report.takenOver}, ended with an error ${sum(report.failed)}: ${list(report.failed)}`,
    `turns of killed servers ${calm.length}, taken over or ended ${slowest(calm)}`,
    `such turns in the middle of other faults ${others.length}, taken over or ended ${slowest(others)}`,
    findingKinds.map((kind) => `${kind} ${count(kind)}`).join(", "),
    folder === undefined ? "✅ All is well" : `❌ The logs are in ${folder}`,
  ];
}

function list(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted(([a], [b]) => a.localeCompare(b));
  return sorted.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}

function sum(counts: ReadonlyMap<string, number>): number {
  return counts.values().reduce((total, count) => total + count, 0);
}

function slowest(takeovers: readonly Takeover[]): string {
  return `at most ${Math.max(0, ...takeovers.map(({ ms }) => ms))} ms after the lease`;
}
