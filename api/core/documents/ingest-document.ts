import { AppError } from "../errors.ts";
import type { JobWorker } from "../jobs/job-runner.ts";
import type { Logger, TenantStore } from "../ports.ts";
import { embedPassages, type VectorDeps } from "../retrieval/embed-passages.ts";
import { RetrievalServiceError } from "../retrieval/service-error.ts";
import type { Tenant } from "../tenant.ts";
import type { DocumentChanges } from "./document-changes.ts";
import type { DocumentStore } from "./document-store.ts";
import type { IngestionError, IngestionStore, OpenVersion } from "./ingestion.ts";
import { type DocumentParser, type ParsedDocument, parseErrors } from "./parsed-document.ts";
import { passageId } from "./passage-id.ts";
import { splitPassages, titleOf } from "./passages.ts";
import { maxDocumentTitleLength } from "./upload-document.ts";

export interface IngestDeps {
  readonly tenants: Pick<TenantStore, "findTenantInAnyState">;
  readonly ingestions: IngestionStore;
  readonly documents: Pick<DocumentStore, "describeDocument">;
  readonly changes: Pick<DocumentChanges, "listen">;
  readonly parser: DocumentParser;
  /** Undefined: documents are found by their words alone. */
  readonly vectors: VectorDeps | undefined;
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
  const passages = splitPassages(parsed.text, parsed.pages);
  if (vectors && passages.length > 0) {
    const report = (done: number) =>
      ingestions.reportStep(tenant, id, {
        state: "embedding",
        progress: parsedPercent + Math.floor(((99 - parsedPercent) * done) / passages.length),
        vectors: passages.length,
      });
    if (!(await report(0))) return;
    const overtaken = new AbortController();
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
    } catch (error) {
      if (!overtaken.signal.aborted) throw error;
    }
  }
  signal.throwIfAborted();
  const { text, language } = parsed;
  const isLive = await ingestions.completeVersion(tenant, id, { title, text, language, passages });
  // Those of a version that was overtaken meanwhile: who overtook it can't know of the last ones.
  if (!isLive && vectors) await removeVectors(vectors, tenant.id, id, passages.length, signal);
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
): Promise<ParsedDocument | undefined> {
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
function chooseTitle(given: string | null, parsed: ParsedDocument, source: string): string {
  const own = parsed.title ?? titleOf(parsed.text);
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

/** Removes the vectors of documents that were deleted, and of versions that are live no more. */
export function createVectorWorker(
  vectors: VectorDeps | undefined,
  logger: Logger,
): JobWorker<"remove-vectors"> {
  return {
    async run({ tenantId, data: { documentId, version } }, signal) {
      if (!vectors) return;
      if (version) await removeVectors(vectors, tenantId, version.id, version.passages, signal);
      else await vectors.vectors.removeDocument(tenantId, documentId, signal);
    },
    async giveUp({ tenantId, data }) {
      // They are found by no question: the passages that they are of are gone.
      logger.error({ tenant_id: tenantId, ...data }, "Vectors could not be removed");
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
