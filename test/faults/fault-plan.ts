import { faultKindNames, faultKinds, type Fault, type FaultKind } from "./fault.ts";
import { createRandom, type Random } from "./random.ts";

/** Between two faults, in milliseconds. */
const gapMs = [150, 750] as const;
/** A process that ended needs so long until it serves again, with room for a busy machine. */
const bootMs = 3000;
/** Redis is left alone for so long between two outages. */
const redisRestMs = 1500;

const outages: ReadonlySet<FaultKind> = new Set([
  "crash",
  "crash-all",
  "long-freeze",
  "postgres-away",
  "restart",
]);
const redisOutages: ReadonlySet<FaultKind> = new Set(["redis-away", "redis-freeze", "redis-crash"]);

/**
 * What goes wrong, and when: each kind once in a random order, if there are so many, then as their
 * weights say. A process is not taken down while another one is, and Redis has a rest between two
 * outages: else the run would show nothing but an outage.
 */
export function drawFaults(seed: number, count: number, processes: number): Fault[] {
  const random = createRandom(seed, "faults");
  const first = count >= faultKindNames.length ? drawFirst(random) : [];
  const faults: Fault[] = [];
  let at = 0;
  let outUntil = 0;
  let redisOutUntil = 0;
  while (faults.length < count) {
    at += random.integer(...gapMs);
    const isFree = (kind: FaultKind) =>
      !(outages.has(kind) && at < outUntil) && !(redisOutages.has(kind) && at < redisOutUntil);
    const due = first.findIndex(isFree);
    const kind = due >= 0 ? first.splice(due, 1)[0] : drawKind(random, isFree);
    if (!kind) continue;
    const ms = random.integer(...faultKinds[kind].ms);
    faults.push({ at, kind, process: random.integer(0, processes - 1), ms, pick: random.next() });
    if (outages.has(kind)) outUntil = at + ms + bootMs;
    if (redisOutages.has(kind)) redisOutUntil = at + ms + redisRestMs;
  }
  return faults;
}

/** What needs a rest after it comes as soon as it may. */
function drawFirst(random: Random): FaultKind[] {
  const kinds = random.shuffle(faultKindNames);
  const isOutage = (kind: FaultKind) => outages.has(kind);
  return [...kinds.filter(isOutage), ...kinds.filter((kind) => !isOutage(kind))];
}

function drawKind(random: Random, isFree: (kind: FaultKind) => boolean): FaultKind | undefined {
  const weights = Object.fromEntries(
    faultKindNames.map((kind) => [kind, faultKinds[kind].weight]),
  ) as Record<FaultKind, number>;
  const kind = random.weigh(weights);
  return isFree(kind) ? kind : undefined;
}
