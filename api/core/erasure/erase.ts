import type { JobWorker } from "../jobs/job-runner.ts";
import type { JobStore } from "../jobs/job-store.ts";
import { passageId } from "../documents/passage-id.ts";
import type { Clock, Logger } from "../ports.ts";
import type { VectorIndex } from "../retrieval/vector-index.ts";
import { rest } from "../turns/persist.ts";
import {
  answersOf,
  eraseJob,
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

/** Of those that can't be finished: until the next round, which is an hour of attempts where something is away. */
const pauses = { firstMs: 300_000, factor: 4, longestMs: 86_400_000 } as const;

/**
 * Finishes deletions. Each step can be done again, so a process may die in any of them; and each is gone on with for as
 * long as it is open.
 */
export function createEraseWorker(deps: EraseDeps): JobWorker<"erase"> {
  const { erasures, jobs, logger } = deps;
  return {
    async run({ tenantId, data }, signal) {
      const { erasureId, isLast = false } = data;
      const found = await erasures.findErasure(erasureId);
      if (!found || found.state === "complete") return;
      let place: keyof typeof obstacles = "rows";
      try {
        const erasure = await erasures.eraseRows(found);
        place = "keys";
        const ofKeys = await eraseJobsAndKeys(deps, erasure, signal);
        place = "vectors";
        const counts = { ...ofKeys, ...(await eraseVectors(deps, erasure, signal)) };
        const blind = await findBlindSpot(deps, erasure);
        const goesOn = blind !== undefined || (erasure.trail.isLate && !isLast && deps.vectors);
        if (!goesOn) return await erasures.finishErasure(erasureId, counts);
        await erasures.noteErasure(erasureId, blind ?? null, counts);
        if (blind !== undefined) await putOff(deps, erasure, data);
        else await jobs.send([eraseJob(erasure, { isLast: true, delayMs: lateMs })]);
      } catch (error) {
        if (!signal.aborted) await noteObstacle(deps, { erasureId, tenantId }, obstacles[place]);
        throw error;
      }
    },
    async giveUp({ tenantId, data }) {
      const { erasureId } = data;
      logger.error({ tenant_id: tenantId, erasure: erasureId }, "A deletion could not be finished");
      await erasures.failErasure(erasureId);
      await putOff(deps, { id: erasureId, tenantId }, data);
    },
  };
}

/** What the receipt says of a place that doesn't let go. */
const obstacles = {
  rows: "The database did not let its rows go",
  keys: "Redis, or the job queue, did not answer",
  vectors: "The vector index did not answer",
} as const;

/** By itself, in a while. Whoever asks for it by hand takes the place of that. */
async function putOff(
  { jobs }: Pick<EraseDeps, "jobs">,
  erasure: Pick<Erasure, "id" | "tenantId">,
  { round = 0 }: { readonly round?: number },
): Promise<void> {
  const delayMs = Math.min(pauses.firstMs * pauses.factor ** round, pauses.longestMs);
  await jobs.send([eraseJob(erasure, { round: round + 1, delayMs })]);
}

async function noteObstacle(
  { erasures, logger }: EraseDeps,
  { erasureId, tenantId }: { readonly erasureId: string; readonly tenantId: string },
  text: string,
): Promise<void> {
  try {
    await erasures.noteErasure(erasureId, text, {});
  } catch (error) {
    const fields = { err: error, tenant_id: tenantId, erasure: erasureId };
    logger.warn(fields, "What is in the way of a deletion could not be stored");
  }
}

/** How many stuck deletions a process takes up at its start: whatever kept them may be mended. */
const mostResumed = 1000;

/** Goes on with deletions in whose way something was. */
export async function resumeErasures({
  erasures,
  jobs,
}: Pick<EraseDeps, "erasures" | "jobs">): Promise<void> {
  const stuck = await erasures.listStuckErasures(mostResumed);
  await jobs.send(stuck.map((erasure) => eraseJob(erasure)));
}

/** Whether something is in the way of a deletion, so that going on at once may help. */
export function isStuck({ state, trail }: Erasure): boolean {
  return state === "failed" || (state === "pending" && trail.waitsFor !== undefined);
}

/**
 * Where something of it may stand that this process can't look at; undefined: nowhere. Its text is safe to show.
 */
export async function findBlindSpot(
  { erasures, vectors, keys }: Pick<EraseDeps, "erasures" | "vectors" | "keys">,
  { kind, trail }: Erasure,
): Promise<string | undefined> {
  const seesVectors = vectors !== undefined || kind === "chat" || kind === "user";
  const hasStreams = kind === "tenant" || kind === "user" || (trail.answers ?? []).length > 0;
  if (seesVectors && (keys || !hasStreams)) return undefined;
  const used = await erasures.usedPlaces();
  const hadVectors = (trail.versions ?? []).length > 0 || trail.hasVectors === true;
  if (!seesVectors && (used.vectors ?? hadVectors))
    return "Vectors of it may be in a vector index that this process has no settings for";
  if (!keys && hasStreams && used.streams)
    return "Streams or counts of it may be in a Redis that this process has no settings for";
  return undefined;
}

async function eraseJobsAndKeys(
  { keys, jobs, clock }: EraseDeps,
  erasure: Erasure,
  signal: AbortSignal,
): Promise<Counts> {
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
  return counts;
}

/** Ids of one request. */
const batchSize = 1000;

async function eraseVectors(
  { vectors }: EraseDeps,
  erasure: Erasure,
  signal: AbortSignal,
): Promise<Counts> {
  const { tenantId, kind, subjectId } = erasure;
  if (!vectors) return {};
  if (kind === "tenant") {
    const count = await vectors.count(tenantId, signal);
    await vectors.removeTenant(tenantId, signal);
    return { vectors: count };
  }
  if (kind !== "document") return {};
  const ids = [...vectorIds(erasure)];
  const count = (await vectors.find(tenantId, ids, signal)).length;
  for (let first = 0; first < ids.length; first += batchSize)
    await vectors.remove(tenantId, ids.slice(first, first + batchSize), signal);
  await vectors.removeDocument(tenantId, subjectId, signal);
  return { vectors: count };
}

/** The ids that a document's vectors had. */
export function* vectorIds({ trail }: Pick<Erasure, "trail">): Generator<string> {
  for (const { id, passages } of trail.versions ?? [])
    for (let rank = 0; rank < passages; rank += 1) yield passageId(id, rank);
}
