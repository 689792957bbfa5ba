import { AppError } from "../errors.ts";
import type { JobStore, NewJob } from "../jobs/job-store.ts";
import type { JobWorker } from "../jobs/job-runner.ts";
import type { Logger, TenantStore } from "../ports.ts";
import { embedPassages, type VectorDeps } from "../retrieval/embed-passages.ts";
import { RetrievalServiceError } from "../retrieval/service-error.ts";
import type { Tenant } from "../tenant.ts";
import type { DocumentChanges } from "./document-changes.ts";
import type { EmbeddedDocuments } from "./embedded-documents.ts";
import type { DocumentStore } from "./document-store.ts";
import type { IngestionError, IngestionStore, OpenVersion } from "./ingestion.ts";
import { type DocumentParser, parseErrors, type SplitDocument } from "./parsed-document.ts";
import { passageId } from "./passage-id.ts";
import { maxDocumentTitleLength } from "./upload-document.ts";

export interface IngestDeps {
  readonly tenants: Pick<TenantStore, "findTenantInAnyState">;
  readonly ingestions: IngestionStore;
  readonly documents: Pick<DocumentStore, "describeDocument">;
  readonly changes: Pick<DocumentChanges, "listen">;
  readonly parser: DocumentParser;
  /** Undefined: documents are found by their words alone. */
  readonly vectors: VectorDeps | undefined;
  /** Has more embedded, where a document that is done was one of many. */
  readonly embedded?: Pick<EmbeddedDocuments, "embedBehind">;
  readonly jobs: Pick<JobStore, "send">;
  readonly logger: Logger;
}

/** What of the progress is done when a document has been read, in percent. */
const parsedPercent = 20;

/**
 * Takes versions in: each step writes the same when it is repeated, and the last one, which is a single transaction,
 * puts the version in place of the one before. So a process may be killed anywhere in it.
 */
export function createIngestWorker(deps: IngestDeps): JobWorker<"ingest-document"> {
  const { tenants, ingestions } = deps;
  return {
    async run({ tenantId, data: { versionId } }, signal) {
      const tenant = (await tenants.findTenantInAnyState(tenantId))?.tenant;
      const version = tenant && (await ingestions.openVersion(tenant, versionId));
      if (!version) return;
      try {
        await ingestVersion(deps, tenant, version, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        const { reason, isFinal } = explain(error);
        if (isFinal) {
          if (reason.code === "EMBEDDINGS_UNAVAILABLE" || reason.code === "VECTORS_UNAVAILABLE")
            deps.logger.error({ err: error, tenant_id: tenantId }, "Documents can't be embedded");
          return await ingestions.failVersion(tenant, versionId, reason);
        }
        await ingestions.noteError(tenant, versionId, reason);
        throw error;
      }
    },
    async giveUp({ tenantId, data: { versionId } }) {
      const tenant = (await tenants.findTenantInAnyState(tenantId))?.tenant;
      if (tenant) await ingestions.failVersion(tenant, versionId);
    },
  };
}

async function ingestVersion(
  deps: IngestDeps,
  tenant: Tenant,
  version: OpenVersion,
  signal: AbortSignal,
): Promise<void> {
  const { ingestions, vectors } = deps;
  const { id, documentId, source } = version;
  if (!(await ingestions.reportStep(tenant, id, { state: "parsing", progress: 0 }))) return;
  const parsed = await parseVersion(deps, tenant, version, signal);
  if (!parsed) return;
  const title = chooseTitle(version.title, parsed, source);
  const { text, language, passages } = parsed;
  const content = {
    title,
    text,
    language,
    passages,
    ...(vectors && { embeddedBy: vectors.space }),
  };
  if (!vectors || passages.length === 0) {
    signal.throwIfAborted();
    await ingestions.completeVersion(tenant, id, content);
    return;
  }
  const report = (done: number) =>
    ingestions.reportStep(tenant, id, {
      state: "embedding",
      progress: parsedPercent + Math.floor(((99 - parsedPercent) * done) / passages.length),
      vectors: passages.length,
      embeddedBy: vectors.space,
    });
  if (!(await report(0))) return;
  const overtaken = new AbortController();
  let isLive = false;
  try {
    await embedPassages(
      vectors,
      tenant.id,
      documentId,
      passages.map((passage, rank) => ({ ...passage, title, id: passageId(id, rank) })),
      async (done) => {
        if (!(await report(done))) overtaken.abort();
      },
      AbortSignal.any([signal, overtaken.signal]),
    );
    signal.throwIfAborted();
    isLive = await ingestions.completeVersion(tenant, id, content);
    if (isLive) await deps.embedded?.embedBehind(tenant, vectors.space);
  } catch (error) {
    if (!overtaken.signal.aborted) throw error;
  } finally {
    if (!isLive) await removeLateVectors(deps, tenant, version, passages.length);
  }
}

/** What was sent to an index may be seen there only then. */
const lateMs = 120_000;

/**
 * Whoever deleted or overtook a version can't know of the vectors that came last: who wrote them looks whether it is
 * still there, and else has them removed, however the work has ended.
 */
async function removeLateVectors(
  { ingestions, jobs, logger }: IngestDeps,
  tenant: Tenant,
  { id, documentId }: OpenVersion,
  passages: number,
): Promise<void> {
  try {
    if (await ingestions.hasVersion(tenant, id)) return;
    const data = { documentId, version: { id, passages } };
    const job: NewJob = { kind: "remove-vectors", tenantId: tenant.id, data };
    await jobs.send([job, { ...job, delayMs: lateMs }]);
  } catch (error) {
    const fields = { err: error, tenant_id: tenant.id, document: documentId, version: id };
    logger.error(fields, "Vectors of a version that was deleted may be left");
  }
}

/**
 * Reads what was brought; undefined when the version is deleted or overtaken meanwhile. Then the reading, which may
 * take a minute, ends at once: the tenant's next job waits for its place.
 */
async function parseVersion(
  { documents, changes, parser, logger }: IngestDeps,
  tenant: Tenant,
  { id, documentId, original, mediaType, charset }: OpenVersion,
  signal: AbortSignal,
): Promise<SplitDocument | undefined> {
  const gone = new AbortController();
  const look = async () => {
    const document = await documents.describeDocument(tenant, documentId);
    if (document?.ingestion.versionId !== id) gone.abort();
  };
  const ignore = (err: unknown) =>
    logger.warn({ err, tenant_id: tenant.id }, "Whether a document is still there can't be seen");
  const stop = changes.listen(tenant.id, documentId, () => void look().catch(ignore));
  const type = charset === null ? mediaType : `${mediaType}; charset=${charset}`;
  try {
    return await parser.parse(original, type, AbortSignal.any([signal, gone.signal]));
  } catch (error) {
    if (gone.signal.aborted && !signal.aborted) return undefined;
    throw error;
  } finally {
    stop();
  }
}

/** The one that was given, else what the document says of itself. */
function chooseTitle(given: string | null, parsed: SplitDocument, source: string): string {
  const own = parsed.title ?? parsed.firstWords;
  return given ?? (own.slice(0, maxDocumentTitleLength).toWellFormed().trim() || source);
}

/** Of an error of the bytes, and of services that somebody has to mend, no further attempt makes another. */
function explain(error: unknown): { reason: IngestionError; isFinal: boolean } {
  if (error instanceof AppError) {
    const { code, message } = error;
    const fault = parseErrors.find((one) => one === code);
    if (fault) return { reason: { code: fault, message }, isFinal: true };
    if (code === "SERVICE_UNAVAILABLE")
      return { reason: { code, message: "The database did not answer" }, isFinal: false };
  }
  if (error instanceof RetrievalServiceError) {
    const [code, what] =
      error.service === "embeddings"
        ? (["EMBEDDINGS_UNAVAILABLE", "The embedding service"] as const)
        : (["VECTORS_UNAVAILABLE", "The vector index"] as const);
    const isFinal = error.failure !== "unavailable";
    const message = `${what} ${isFinal ? "refuses the document" : "did not answer"}`;
    return { reason: { code, message }, isFinal };
  }
  const message = "Something went wrong on our side";
  return { reason: { code: "INTERNAL_ERROR", message }, isFinal: false };
}

/** Ids of one request. */
const batchSize = 1000;

/** Until it is looked again whether there are settings for vectors, and whether an index is back that was away for an hour. */
const blindMs = 3_600_000;
const dayMs = 86_400_000;

/** Removes the vectors of documents that were deleted, and of versions that are live no more. */
export function createVectorWorker(
  vectors: VectorDeps | undefined,
  jobs: Pick<JobStore, "send">,
  logger: Logger,
): JobWorker<"remove-vectors"> {
  return {
    async run({ kind, tenantId, data }, signal) {
      const { documentId, version } = data;
      // There are some, or nobody would have sent the job: they wait for a process that has the settings.
      if (!vectors) return jobs.send([{ kind, tenantId, data, delayMs: blindMs }]);
      if (version) await removeVectors(vectors, tenantId, version.id, version.passages, signal);
      else await vectors.vectors.removeDocument(tenantId, documentId, signal);
    },
    async giveUp({ kind, tenantId, data }) {
      // They are found by no question: the passages that they are of are gone.
      logger.error({ tenant_id: tenantId, ...data }, "Vectors could not be removed");
      await jobs.send([{ kind, tenantId, data, delayMs: dayMs }]);
    },
  };
}

async function removeVectors(
  { vectors }: VectorDeps,
  tenantId: string,
  versionId: string,
  passages: number,
  signal: AbortSignal,
): Promise<void> {
  for (let first = 0; first < passages; first += batchSize) {
    const length = Math.min(batchSize, passages - first);
    const ids = Array.from({ length }, (_, n) => passageId(versionId, first + n));
    await vectors.remove(tenantId, ids, signal);
  }
}
