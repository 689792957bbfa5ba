import type { EntityManager } from "@mikro-orm/postgresql";
import type { Counts, Erasure, ErasureRequest, ErasureTrail } from "../../core/erasure/erasure.ts";
import type { Tenant } from "../../core/tenant.ts";
import { query } from "./raw-query.ts";
import { quotedSchema } from "./tenant-work.ts";

/** What a document has in the tables, and what it may have elsewhere. */
export interface DocumentTraces {
  readonly counts: Counts;
  readonly trail: ErasureTrail;
}

/** To be called under the lock of the document's row. */
export async function readTraces(
  em: EntityManager,
  tenant: Tenant,
  id: string,
): Promise<DocumentTraces> {
  const schema = quotedSchema(tenant);
  const versions = await query<{ id: string; vectors: number | null; isOpen: boolean }>(
    em,
    `select id, vectors, state not in ('complete', 'failed') as "isOpen" from ${schema}.document_versions
     where document_id = $1`,
    [id],
  );
  const [found] = await query<{ passages: number; number: number | null; postings: number }>(
    em,
    `select (select count(*)::int from ${schema}.passages where document_id = $1) as passages, s.number,
       (select count(*)::int from ${schema}.postings where document = s.number) as postings
     from (select 1) one left join ${schema}.search_documents s on s.document_id = $1`,
    [id],
  );
  const { passages = 0, number = null, postings = 0 } = found ?? {};
  const embedded = versions.filter(({ vectors }) => vectors !== null);
  const isLate = embedded.some(({ isOpen }) => isOpen);
  return {
    counts: {
      documents: 1,
      document_versions: versions.length,
      passages,
      postings,
      search_documents: number === null ? 0 : 1,
    },
    trail: {
      versions: embedded.map((version) => ({ id: version.id, passages: version.vectors ?? 0 })),
      ...(number === null ? {} : { searchNumber: number }),
      ...(isLate ? { isLate } : {}),
    },
  };
}

/** Pending until its jobs and vectors are gone too. */
export function documentReceipt(
  request: ErasureRequest,
  { id: tenantId }: Tenant,
  subjectId: string,
  traces: DocumentTraces,
): Erasure {
  const open = { kind: "document", state: "pending", finishedAt: null } as const;
  return { ...request, ...open, tenantId, subjectId, ...traces };
}
