import type { EntityManager } from "@mikro-orm/postgresql";
import type { StoredDocument } from "../../core/documents/document-store.ts";
import type { IngestionErrorCode, IngestionState } from "../../core/documents/ingestion.ts";
import type { NewJob } from "../../core/jobs/job-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { quotedSchema } from "./tenant-work.ts";

interface ListedRow extends Omit<StoredDocument, "ingestion" | "createdAt"> {
  readonly createdAt: string | Date;
  readonly versionId: string | null;
  readonly state: IngestionState | null;
  readonly progress: number | null;
  readonly errorCode: IngestionErrorCode | null;
  readonly error: string | null;
  readonly updatedAt: string | Date | null;
}

/**
 * Documents with what becomes of their newest versions.
 * @param rest of the statement, behind the documents as `d`.
 */
export async function selectDocuments(
  em: EntityManager,
  tenant: Tenant,
  rest: string,
  values: readonly unknown[] = [],
): Promise<StoredDocument[]> {
  const schema = quotedSchema(tenant);
  const rows = await em.execute<ListedRow[]>(
    `select d.id, d.source, d.title, d.url, d.media_type as "mediaType", d.content_hash as "contentHash",
       octet_length(d.content) as size, d.created_at as "createdAt", v.id as "versionId", v.state, v.progress,
       v.error_code as "errorCode", v.error, v.updated_at as "updatedAt"
     from ${schema}.documents d
     left join lateral (
       select id, state, progress, error_code, error, updated_at from ${schema}.document_versions
       where document_id = d.id order by seq desc limit 1
     ) v on true
     ${rest}`,
    [...values],
  );
  return rows.map(toDocument);
}

/** A document without versions was put by an earlier release that works on the same database. */
function toDocument({
  versionId,
  state,
  progress,
  errorCode,
  error,
  updatedAt,
  createdAt,
  ...document
}: ListedRow): StoredDocument {
  return {
    ...document,
    createdAt: new Date(createdAt),
    ingestion: {
      versionId: versionId ?? "",
      state: state ?? "complete",
      progress: progress ?? 100,
      error: errorCode === null ? null : { code: errorCode, message: error ?? "" },
      updatedAt: new Date(updatedAt ?? createdAt),
    },
  };
}

/** A version that was deleted may be under way: its last vectors come later than the job that removes them. */
const lateMs = 120_000;

/** Removes the vectors of a document, or of one of its versions: now, and once more where more may come. */
export function vectorJobs(
  { id: tenantId }: Tenant,
  documentId: string,
  version: { readonly id: string; readonly passages: number } | undefined,
  mayCome: boolean,
): NewJob[] {
  const data = version ? { documentId, version } : { documentId };
  const job = { kind: "remove-vectors", tenantId, data } as const;
  return mayCome ? [job, { ...job, delayMs: lateMs }] : [job];
}
