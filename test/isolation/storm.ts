import { aborts, type AbortKind } from "./aborts.ts";
import type { Findings } from "./findings.ts";
import { operations } from "./operations.ts";
import { drawOperations, type PlannedOperation, type PlanOptions } from "./plan.ts";
import type { Scene, Target } from "./scene.ts";
import type { TenantRows } from "./tenant-rows.ts";

export interface StormOptions extends PlanOptions {
  /** How many operations are under way at once, most of them waiting for a connection. */
  readonly inFlight: number;
}

const progressEvery = 10_000;

/**
 * Runs the planned operations: in their order for each tenant, and for different tenants at once.
 * @throws the reason of `stop`
 */
export async function runStorm(
  options: StormOptions,
  target: Target,
  tenants: readonly TenantRows[],
  findings: Findings,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<void> {
  const plan = drawOperations(options);
  /** The last operation of each tenant. */
  const latest = new Map<number, Promise<void>>();
  let done = 0;

  async function runNext(): Promise<void> {
    for (const planned of plan) {
      stop.throwIfAborted();
      const before = latest.get(planned.tenant);
      const own = Promise.resolve(before).then(() => runOne(planned, target, tenants, findings));
      latest.set(planned.tenant, own);
      await own;
      done += 1;
      if (done % progressEvery === 0) say(`${done} operations, ${findings.faults.length} faults`);
    }
  }

  // They all draw from one generator: each operation goes to one of them.
  const runners = Array.from({ length: options.inFlight }, runNext);
  const ends = await Promise.allSettled(runners);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** What fails is found, and ends nothing. */
async function runOne(
  { tenant, other, kind, random }: PlannedOperation,
  target: Target,
  tenants: readonly TenantRows[],
  findings: Findings,
): Promise<void> {
  const [rows, otherRows] = [tenants[tenant], tenants[other]];
  if (!rows || !otherRows) throw new Error("The plan has more tenants than there are");
  const scene = { target, rows, other: otherRows, random, findings };
  findings.count(kind);
  if (isAbort(kind)) return runAbort(kind, scene);
  try {
    await operations[kind](scene);
  } catch (error) {
    findings.fail(`${kind}: it failed: ${describe(error)}`);
  }
}

async function runAbort(kind: AbortKind, scene: Scene): Promise<void> {
  try {
    await aborts[kind](scene);
  } catch (error) {
    const reason = expected[kind];
    if (!reason.test(describe(error)))
      scene.findings.fail(`${kind}: it failed for another reason: ${describe(error)}`);
    return;
  }
  scene.findings.fail(`${kind}: it did not fail`);
}

/** So that no abort passes for done that never came so far. */
const expected: Readonly<Record<AbortKind, RegExp>> = {
  "abort: work that throws": /^Abort: The work was given up/,
  "abort: signal before a query": /abort/i,
  "abort: signal in a query": /abort|gone/i,
  "abort: connection killed": /SERVICE_UNAVAILABLE/,
  "abort: statement error": /division by zero/,
  "abort: second insert of a turn fails": /duplicate key/,
  "abort: process without lease": /SERVICE_UNAVAILABLE/,
  "abort: other tenant's schema by name": /permission denied/,
};

function isAbort(kind: PlannedOperation["kind"]): kind is AbortKind {
  return kind in aborts;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? ` ${String(error.code)}` : "";
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${error.name}${code}: ${error.message}${cause}`;
}
