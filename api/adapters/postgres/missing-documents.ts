/**
 * Documents that aren't indexed, or by an older analyzer, as `d` with their entries of the index as `i`; its parameter is
 * the analyzer's version. One that is still being read has no passages, and nothing to index.
 */
export const missingDocuments = (schema: string) => `
  ${schema}.documents d left join ${schema}.search_documents i on i.document_id = d.id
  where (i.version < ? or (i.version is null and exists (select from ${schema}.passages p where p.document_id = d.id)))`;

/** Entries of the index, as `i`, whose documents were deleted without them. */
export const orphanedEntries = (schema: string) => `
  ${schema}.search_documents i where not exists (select from ${schema}.documents d where d.id = i.document_id)`;

/** A condition that holds when the index is behind its documents; its parameter as above. */
export const isBehind = (schema: string) =>
  `(exists (select from ${missingDocuments(schema)}) or exists (select from ${orphanedEntries(schema)}))`;
