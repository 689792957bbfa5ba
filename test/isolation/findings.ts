import { isDeepStrictEqual } from "node:util";
import { findStrangers } from "./mark.ts";

/** What a run has seen. */
export interface Findings {
  /** How often each thing was done, by its name. */
  readonly counts: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  /** Marks of other tenants in what a tenant was given. */
  readonly wrongRows: number;
  count(name: string): void;
  fail(text: string): void;
  /** Whether it is the tenant's alone, and all that it must be. */
  compare(tenantId: string, what: string, actual: unknown, expected: unknown): void;
}

export function createFindings(): Findings {
  const counts = new Map<string, number>();
  const faults: string[] = [];
  let wrongRows = 0;
  return {
    counts,
    faults,
    get wrongRows() {
      return wrongRows;
    },
    count: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    fail: (text) => void faults.push(text),
    compare(tenantId, what, actual, expected) {
      const strangers = findStrangers(actual, tenantId);
      wrongRows += strangers.length;
      if (strangers.length > 0)
        faults.push(`${what}: rows of ${[...new Set(strangers)].join(", ")} came to ${tenantId}`);
      else if (!isDeepStrictEqual(actual, expected))
        faults.push(`${what}: ${tenantId} got ${shorten(actual)} in place of ${shorten(expected)}`);
    },
  };
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}
