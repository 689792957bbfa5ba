import type { PassageFinder } from "../../core/retrieval/hybrid-retriever.ts";
import type { Tenant } from "../../core/tenant.ts";
import type { LiveContent } from "./document-rows.ts";

/** Finds passages of the live contents that something else than the search has found. */
export function createMemoryPassageFinder(
  contentsOf: (tenant: Tenant) => readonly Pick<LiveContent, "passages">[],
): PassageFinder {
  return {
    async findPassages(tenant, ids) {
      const wanted = new Set(ids);
      return contentsOf(tenant).flatMap(({ passages }) =>
        passages.filter(({ id }) => wanted.has(id)),
      );
    },
  };
}
