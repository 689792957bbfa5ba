import type { AttackReport } from "./attack-run.ts";
import type { SecondFence } from "./mutant/mutant-run.ts";
import type { Finding, FindingKind, Tally } from "./tally.ts";

const mostFindings = 40;

/** What a leak of the data is, beside what only keeps the run from saying that there is none. */
const breaches: readonly FindingKind[] = ["leak", "allowed", "difference", "changed"];
const kinds: readonly FindingKind[] = [...breaches, "failure", "uncovered"];

/** Adds the operations of which no case counted. */
export function findUncovered({ byOperation, findings }: Tally): Finding[] {
  const known = findings.filter(({ kind }) => kind === "uncovered").map(({ what }) => what);
  return [...byOperation]
    .filter(([name, count]) => count === 0 && !known.some((one) => name.startsWith(`${one} at `)))
    .map(([what]) => ({
      kind: "uncovered",
      what,
      who: "this suite",
      text: "No case of it counted: its owner was refused, or nobody asked",
    }));
}

/** Lines for people. The one before the last, of the kinds of findings, is what a run is about. */
export function describeReport({ tally, tenants, schemaSource }: AttackReport): string[] {
  const uncovered = findUncovered(tally);
  const findings = [...tally.findings, ...uncovered];
  const count = (kind: FindingKind) => findings.filter((one) => one.kind === kind).length;
  const covered = [...tally.byOperation.values()].filter((cases) => cases > 0).length;
  return [
    ...listFindings(findings),
    `operations covered ${covered} of ${tally.byOperation.size}, at each door apart (GraphQL's from ${schemaSource})`,
    `cases ${tally.cases}, counted ${tally.counted}, not answered for a limit ${tally.limited}`,
    `counted by door: ${list(tally.byDoor)}`,
    `counted by who asked: ${list(tally.byCredential)}`,
    `deleted at the end: ${tenants.join(", ")}`,
    kinds.map((kind) => `${kind} ${count(kind)}`).join(", "),
  ];
}

/** 0: nothing was found, and every operation was tried. */
export function exitCodeOf({ tally }: AttackReport): 0 | 1 {
  return tally.findings.length + findUncovered(tally).length === 0 ? 0 : 1;
}

/** 1: it was found out. 3: the second fence held. 4: neither. */
export function judgeMutant({ tally }: AttackReport, { refusals }: SecondFence): 1 | 3 | 4 {
  if (tally.findings.some(({ kind }) => breaches.includes(kind))) return 1;
  return refusals > 0 ? 3 : 4;
}

function listFindings(findings: readonly Finding[]): string[] {
  const lines = findings
    .slice(0, mostFindings)
    .map(({ kind, what, who, text }) => `❌ ${kind}: ${what}: ${who}: ${text}`);
  const left = findings.length - lines.length;
  return left > 0 ? [...lines, `❌ … and ${left} more`] : lines;
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}
