import type { EntityManager } from "@mikro-orm/postgresql";
import type { DocumentTerms } from "../../core/retrieval/document-terms.ts";
import { query } from "./raw-query.ts";
import type { TermBatch } from "./term-batches.ts";

/** A document's terms as they are written: made before the index is held, which is held for as short as can be. */
export interface PreparedTerms extends Omit<DocumentTerms, "terms"> {
  readonly batches: readonly TermBatch[];
}

/** Holds the tenant's index until the transaction ends: one writes at a time, so that counts are exact. */
export async function lockIndex(em: EntityManager, schema: string): Promise<void> {
  await em.execute(`select from ${schema}.search_stats for update`);
}

/**
 * Puts a document's terms in place of those that it has. Under `lockIndex`. Its number is a new one each time, so that
 * who has read the old postings never takes the new passages for theirs.
 */
export async function putTerms(
  em: EntityManager,
  schema: string,
  documentId: string,
  version: number,
  { language, passages, length, batches }: PreparedTerms,
): Promise<void> {
  await removeTerms(em, schema, documentId);
  const [row] = await em.execute<{ number: number }[]>(
    `insert into ${schema}.search_documents (document_id, language, version, passages, length) values (?, ?, ?, ?, ?)
     returning number`,
    [documentId, language, version, passages, length],
  );
  if (!row) throw new Error("The index gave a document no number");
  for (const batch of batches) await insertTerms(em, schema, row.number, batch);
  await count(em, schema, language, 1, passages, length);
}

/** Removes a document from the index. Under `lockIndex`. */
export async function removeTerms(
  em: EntityManager,
  schema: string,
  documentId: string,
): Promise<void> {
  const [row] = await em.execute<RemovedDocument[]>(
    `delete from ${schema}.search_documents where document_id = ?
     returning number, language, passages, length::float8 as length`,
    [documentId],
  );
  if (!row) return;
  while ((await removePostings(em, schema, row.number)) === batchSize);
  await count(em, schema, row.language, -1, -row.passages, -row.length);
}

interface RemovedDocument {
  readonly number: number;
  readonly language: string;
  readonly passages: number;
  readonly length: number;
}

/** Postings of one statement: all of a large document's together would take too long for one. */
const batchSize = 10_000;

/** Takes some of a document's postings away, and the terms that no other has. @returns how many. */
async function removePostings(
  em: EntityManager,
  schema: string,
  document: number,
): Promise<number> {
  const [row] = await query<{ count: number }>(
    em,
    `with gone as materialized (
       delete from ${schema}.postings
       where ctid = any (array(select ctid from ${schema}.postings where document = $1 limit $2))
       returning term, passages
     ),
     unused as (
       delete from ${schema}.search_terms t using gone where t.term = gone.term and t.passages <= gone.passages
     ),
     counted as (
       update ${schema}.search_terms t set passages = t.passages - gone.passages from gone
       where t.term = gone.term and t.passages > gone.passages
     )
     select count(*)::int as count from gone`,
    [document, batchSize],
  );
  return row?.count ?? 0;
}

async function insertTerms(
  em: EntityManager,
  schema: string,
  document: number,
  { terms, passages, data }: TermBatch,
): Promise<void> {
  await query(
    em,
    `with put as materialized (
       select u.term, u.passages, decode(u.data, 'hex') as data
       from unnest($1::text[], $2::int[], $3::text[]) as u (term, passages, data)
     ),
     posted as (
       insert into ${schema}.postings (term, document, passages, data)
       select term, $4, passages, data from put
     )
     insert into ${schema}.search_terms as t (term, passages) select term, passages from put
     on conflict (term) do update set passages = t.passages + excluded.passages`,
    [terms, passages, data, document],
  );
}

/** Counts what was added; what was taken away with negative numbers. */
async function count(
  em: EntityManager,
  schema: string,
  language: string,
  documents: number,
  passages: number,
  length: number,
): Promise<void> {
  await em.execute(
    `update ${schema}.search_stats set passages = passages + ?, length = length + ?, revision = revision + 1,
       languages = jsonb_set(languages, array[?], to_jsonb(coalesce((languages ->> ?)::int, 0) + ?))`,
    [passages, length, language, language, documents],
  );
}
