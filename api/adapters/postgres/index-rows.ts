import type { EntityManager } from "@mikro-orm/postgresql";
import type { DocumentTerms } from "../../core/retrieval/document-terms.ts";
import { arrayLiteral } from "./array-literal.ts";
import { encodeMentions } from "./postings-codec.ts";
import { query } from "./raw-query.ts";

/** Holds the tenant's index until the transaction ends: one writes at a time, so that counts are exact. */
export async function lockIndex(em: EntityManager, schema: string): Promise<void> {
  await em.execute(`select from ${schema}.search_stats for update`);
}

/** Terms of one statement. */
const batchSize = 5000;

/**
 * Puts a document's terms in place of those that it has. Under `lockIndex`. Its number is a new one each time, so that
 * who has read the old postings never takes the new passages for theirs.
 */
export async function putTerms(
  em: EntityManager,
  schema: string,
  documentId: string,
  version: number,
  { language, passages, length, terms }: DocumentTerms,
): Promise<void> {
  await removeTerms(em, schema, documentId);
  const [row] = await em.execute<{ number: number }[]>(
    `insert into ${schema}.search_documents (document_id, language, version, passages, length) values (?, ?, ?, ?, ?)
     returning number`,
    [documentId, language, version, passages, length],
  );
  if (!row) throw new Error("The index gave a document no number");
  await insertTerms(em, schema, row.number, terms);
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
  const unused = await em.execute<{ term: string }[]>(
    `with gone as (delete from ${schema}.postings where document = ? returning term, passages),
     counted as (
       update ${schema}.search_terms t set passages = t.passages - gone.passages from gone where t.term = gone.term
       returning t.term, t.passages
     )
     select term from counted where passages <= 0`,
    [row.number],
  );
  if (unused.length > 0)
    await em.execute(`delete from ${schema}.search_terms where term = any (?::text[])`, [
      arrayLiteral(unused.map(({ term }) => term)),
    ]);
  await count(em, schema, row.language, -1, -row.passages, -row.length);
}

interface RemovedDocument {
  readonly number: number;
  readonly language: string;
  readonly passages: number;
  readonly length: number;
}

async function insertTerms(
  em: EntityManager,
  schema: string,
  document: number,
  terms: DocumentTerms["terms"],
): Promise<void> {
  // In the order of the index, so that neighbouring rows are written together.
  const sorted = [...terms].toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (let first = 0; first < sorted.length; first += batchSize) {
    const rows = sorted.slice(first, first + batchSize);
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
      [
        arrayLiteral(rows.map(([term]) => term)),
        arrayLiteral(rows.map(([, mentions]) => mentions.length)),
        arrayLiteral(rows.map(([, mentions]) => encodeMentions(mentions).toString("hex"))),
        document,
      ],
    );
  }
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
