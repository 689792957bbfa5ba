import type { JobWorker } from "../jobs/job-runner.ts";
import type { JobStore } from "../jobs/job-store.ts";
import { passageId } from "../documents/passage-id.ts";
import type { Clock, Logger } from "../ports.ts";
import type { VectorIndex } from "../retrieval/vector-index.ts";
import { rest } from "../turns/persist.ts";
import {
  answersOf,
  type Counts,
  type Erasure,
  type ErasureStore,
  type TransientKeys,
} from "./erasure.ts";

export interface EraseDeps {
  readonly erasures: ErasureStore;
  readonly jobs: JobStore;
  /** Undefined where documents are found by their words alone. */
  readonly vectors: VectorIndex | undefined;
  /** Undefined where this process is the only one. */
  readonly keys: TransientKeys | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What an ingestion that was under way has sent is seen by then. */
export const lateMs = 120_000;
/** By then every process knows that a tenant is shut, or a user gone, and counts nothing more for them. */
const shutMs = 1100;

/** Finishes deletions. Each step can be done again, so a process may die in any of them. */
export function createEraseWorker(deps: EraseDeps): JobWorker<"erase"> {
  const { erasures, jobs, logger } = deps;
  return {
    async run({ tenantId, data: { erasureId, isLast = false } }, signal) {
      const found = await erasures.findErasure(erasureId);
      if (!found || found.state === "complete") return;
      const erasure = await erasures.eraseRows(found);
      const counts = await eraseElsewhere(deps, erasure, signal);
      if (!erasure.trail.isLate || isLast || !deps.vectors)
        return erasures.finishErasure(erasureId, counts);
      const data = { erasureId, isLast: true };
      await jobs.send([{ kind: "erase", tenantId, data, delayMs: lateMs }]);
    },
    async giveUp({ tenantId, data: { erasureId } }) {
      logger.error({ tenant_id: tenantId, erasure: erasureId }, "A deletion could not be finished");
      await erasures.failErasure(erasureId);
    },
  };
}

async function eraseElsewhere(
  deps: EraseDeps,
  erasure: Erasure,
  signal: AbortSignal,
): Promise<Counts> {
  const { keys, jobs, clock } = deps;
  const { tenantId, kind } = erasure;
  const counts: Record<string, number> = {};
  if (kind === "tenant") counts["jobs"] = await jobs.removeJobs(tenantId);
  if (kind === "document") counts["jobs"] = await jobs.removeJobs(tenantId, erasure.subjectId);
  const turns = answersOf(erasure);
  if (keys && turns.length > 0) counts["cache_keys"] = await keys.eraseTurns(turns);
  if (keys && (kind === "tenant" || kind === "user")) {
    const personId = kind === "user" ? erasure.subjectId : undefined;
    const before = await keys.eraseTenant(tenantId, personId);
    await rest(clock, shutMs, signal);
    signal.throwIfAborted();
    const after = await keys.eraseTenant(tenantId, personId);
    counts["cache_keys"] = (counts["cache_keys"] ?? 0) + before + after;
  }
  const removed = deps.vectors && (await eraseVectors(deps.vectors, erasure, signal));
  return { ...counts, ...(removed === undefined ? {} : { vectors: removed }) };
}

/** Ids of one request. */
const batchSize = 1000;

async function eraseVectors(
  vectors: VectorIndex,
  erasure: Erasure,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { tenantId, kind, subjectId } = erasure;
  if (kind === "tenant") {
    const count = await vectors.count(tenantId, signal);
    await vectors.removeTenant(tenantId, signal);
    return count;
  }
  if (kind !== "document") return undefined;
  const ids = [...vectorIds(erasure)];
  const count = (await vectors.find(tenantId, ids, signal)).length;
  for (let first = 0; first < ids.length; first += batchSize)
    await vectors.remove(tenantId, ids.slice(first, first + batchSize), signal);
  await vectors.removeDocument(tenantId, subjectId, signal);
  return count;
}

/** The ids that a document's vectors had. */
export function* vectorIds({ trail }: Pick<Erasure, "trail">): Generator<string> {
  for (const { id, passages } of trail.versions ?? [])
    for (let rank = 0; rank < passages; rank += 1) yield passageId(id, rank);
}
