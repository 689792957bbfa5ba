import type { Asker } from "./credential.ts";
import type { DoorName } from "./doors/door.ts";

export type FindingKind =
  /** Something of the victim's stands in an answer. */
  | "leak"
  /** It was done, and should have been refused. */
  | "allowed"
  /** A refusal tells what is there from what isn't. */
  | "difference"
  /** The victim's data is not as it was. */
  | "changed"
  /** Our side failed where it should have refused. */
  | "failure"
  /** Nobody has said how to attack it, or no case of it counted. */
  | "uncovered";

export interface Finding {
  readonly kind: FindingKind;
  /** The operation and how it was filled. */
  readonly what: string;
  /** Who, naming whom, by what. */
  readonly who: string;
  readonly text: string;
}

/** What was tried, what of it counted, and what was found. */
export interface Tally {
  readonly findings: readonly Finding[];
  /** All cases, counted or not. */
  readonly cases: number;
  /** Cases that were one too many for the server, which say nothing. */
  readonly limited: number;
  readonly counted: number;
  readonly byDoor: ReadonlyMap<string, number>;
  readonly byCredential: ReadonlyMap<string, number>;
  /** The counted cases of what is there to be covered. */
  readonly byOperation: ReadonlyMap<string, number>;
  find(finding: Finding): void;
  /** Says that an operation is there to be covered, at that door or at any. */
  expect(operation: string, door?: DoorName): void;
  /** Takes the cases of a trial; they count where the owner's same call succeeded. */
  add(operation: string, door: DoorName, cases: readonly Case[], hasCounted: boolean): void;
}

export interface Case {
  readonly asker: Asker;
  readonly isLimited: boolean;
}

export function createTally(): Tally {
  const findings: Finding[] = [];
  const byDoor = new Map<string, number>();
  const byCredential = new Map<string, number>();
  const byOperation = new Map<string, number>();
  let cases = 0;
  let counted = 0;
  let limited = 0;
  const raise = (counts: Map<string, number>, name: string) =>
    counts.set(name, (counts.get(name) ?? 0) + 1);

  return {
    findings,
    get cases() {
      return cases;
    },
    get counted() {
      return counted;
    },
    get limited() {
      return limited;
    },
    byDoor,
    byCredential,
    byOperation,
    find: (finding) => void findings.push(finding),
    expect(operation, door) {
      const name = door === undefined ? operation : atDoor(operation, door);
      if (!byOperation.has(name)) byOperation.set(name, 0);
    },
    add(operation, door, added, hasCounted) {
      for (const { asker, isLimited } of added) {
        cases += 1;
        if (isLimited) limited += 1;
        if (isLimited || !hasCounted) continue;
        counted += 1;
        raise(byDoor, door);
        raise(byCredential, asker.credential.name);
        for (const name of [operation, atDoor(operation, door)])
          if (byOperation.has(name)) raise(byOperation, name);
      }
    },
  };
}

function atDoor(operation: string, door: DoorName): string {
  return `${operation} at ${door}`;
}

export function describeAsker(
  { credential, tenantId, placement }: Asker,
  victimId: string,
): string {
  const named =
    tenantId === undefined
      ? "no tenant"
      : tenantId === victimId
        ? "the victim's tenant"
        : "the attacker's tenant";
  return `${credential.name} (${placement}), naming ${named}`;
}
