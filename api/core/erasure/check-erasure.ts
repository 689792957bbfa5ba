import { AppError } from "../errors.ts";
import type { VectorIndex } from "../retrieval/vector-index.ts";
import { rest } from "../turns/persist.ts";
import { findBlindSpot, isStuck, vectorIds, type EraseDeps } from "./erase.ts";
import { eraseJob, type Counts, type Erasure } from "./erasure.ts";

/** What a second look has found. */
export interface ErasureCheck {
  readonly checkedAt: Date;
  /**
   * `clean`: nothing is left. `leftovers`: something is. `pending`: the deletion isn't finished.
   * `replaced`: a tenant of the same id was made since, whose data is all that can be found.
   */
  readonly result: "clean" | "leftovers" | "pending" | "replaced";
  /** How much is left, by its place. */
  readonly leftovers: Counts;
}

export type CheckDeps = Omit<EraseDeps, "logger">;

/** An index of vectors may show for a while what was removed. */
const looks = { most: 5, pauseMs: 1000 } as const;

/**
 * Looks for what was deleted in all places where it stood. One in whose way something was goes on at once.
 * @throws what the places throw that can't be looked at; AppError SERVICE_UNAVAILABLE where this process has no settings
 *   for one of them.
 */
export async function checkErasure(
  deps: CheckDeps,
  erasure: Erasure,
  signal: AbortSignal,
): Promise<ErasureCheck> {
  const { clock, erasures, jobs } = deps;
  const checkedAt = new Date(clock.now());
  if (erasure.state !== "complete") {
    if (isStuck(erasure)) await jobs.send([eraseJob(erasure)]);
    return { checkedAt, result: "pending", leftovers: {} };
  }
  const blind = await findBlindSpot(deps, erasure);
  if (blind !== undefined) throw new AppError("SERVICE_UNAVAILABLE", blind);
  const rows = await erasures.findLeftRows(erasure);
  if (!rows) return { checkedAt, result: "replaced", leftovers: {} };
  const found = {
    ...rows,
    jobs: await countJobs(deps, erasure),
    vectors: await countVectors(deps, erasure, signal),
    cache_keys: await countKeys(deps, erasure),
  };
  const leftovers = Object.fromEntries(Object.entries(found).filter(([, count]) => count > 0));
  const isClean = Object.keys(leftovers).length === 0;
  return { checkedAt, result: isClean ? "clean" : "leftovers", leftovers };
}

async function countJobs({ jobs }: CheckDeps, erasure: Erasure): Promise<number> {
  const { tenantId, kind, subjectId } = erasure;
  if (kind === "tenant") return jobs.countJobs(tenantId);
  return kind === "document" ? jobs.countJobs(tenantId, subjectId) : 0;
}

async function countVectors(
  { vectors, clock }: CheckDeps,
  erasure: Erasure,
  signal: AbortSignal,
): Promise<number> {
  if (!vectors || erasure.kind === "chat" || erasure.kind === "user") return 0;
  for (let look = 1; ; look += 1) {
    const count = await lookForVectors(vectors, erasure, signal);
    if (count === 0 || look === looks.most || signal.aborted) return count;
    await rest(clock, looks.pauseMs, signal);
  }
}

async function lookForVectors(
  vectors: VectorIndex,
  erasure: Erasure,
  signal: AbortSignal,
): Promise<number> {
  const { tenantId, kind, subjectId } = erasure;
  if (kind === "tenant") return vectors.count(tenantId, signal);
  const named = await vectors.find(tenantId, [...vectorIds(erasure)], signal);
  const marked = await vectors.findDocument(tenantId, subjectId, signal);
  return new Set([...named, ...marked]).size;
}

async function countKeys({ keys }: CheckDeps, erasure: Erasure): Promise<number> {
  if (!keys) return 0;
  const { tenantId, kind, trail, subjectId } = erasure;
  if (kind === "tenant") return keys.countTenant(tenantId);
  const shares = kind === "user" ? await keys.countTenant(tenantId, subjectId) : 0;
  const turns = (trail.messages ?? []).map((messageId) => ({ tenantId, chatId: "", messageId }));
  return shares + (turns.length === 0 ? 0 : await keys.countTurns(turns));
}
