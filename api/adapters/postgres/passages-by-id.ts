import type { PassageFinder, StoredPassage } from "../../core/retrieval/hybrid-retriever.ts";
import { arrayLiteral } from "./array-literal.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/** Reads passages that something else than the search has found. */
export function createPassageFinder(work: TenantWork): PassageFinder {
  return {
    findPassages: (tenant, ids) =>
      work(tenant, async (em) => {
        const schema = quotedSchema(tenant);
        return em.execute<StoredPassage[]>(
          `select p.id, p.document_id as "documentId", p.title, d.url, p.heading, p.page, p.content as text, p.start_offset as start
           from ${schema}.passages p join ${schema}.documents d on d.id = p.document_id
           where p.id = any (?::text[])`,
          [arrayLiteral(ids.filter(isStorable))],
        );
      }),
  };
}

/** PostgreSQL takes no NUL and no half of a surrogate pair; another service's ids may be anything. */
function isStorable(id: string): boolean {
  return !id.includes("\0") && id.isWellFormed();
}
