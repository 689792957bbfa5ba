import { setImmediate } from "node:timers/promises";
import type { EntityManager } from "@mikro-orm/postgresql";
import type { PassageDraft } from "../../core/documents/document-store.ts";
import { createMentionReader } from "../../core/retrieval/document-terms.ts";
import type { TextAnalyzer } from "../../core/retrieval/text-analyzer.ts";
import type { Tenant } from "../../core/tenant.ts";
import { arrayLiteral } from "./array-literal.ts";
import { lockIndex, type PreparedTerms, putTerms, removeTerms } from "./index-rows.ts";
import { query } from "./raw-query.ts";
import { createTermCollection } from "./term-batches.ts";
import { quotedSchema } from "./tenant-work.ts";

/** Passages with the terms that they are found by. */
export interface PreparedPassages {
  readonly passages: readonly PassageDraft[];
  readonly version: number;
  readonly terms: PreparedTerms;
}

/** Whose passages they are. */
export interface PassageOwner {
  readonly id: string;
  readonly title: string;
  /** The id of the passage at a place, from 0. */
  passageId(rank: number): string;
}

/** Passages of about that many characters are analysed before others may work. */
const sliceLength = 20_000;

/** What a passage costs beside its characters. */
const passageCost = 50;

/**
 * Makes all of passages that the index holds: outside of a transaction, since it takes a second for a few million
 * characters.
 * @param given the language of the document; found out where it is left out.
 */
export async function preparePassages(
  analyzer: TextAnalyzer,
  title: string,
  passages: readonly PassageDraft[],
  given?: string,
): Promise<PreparedPassages> {
  const language = given ?? detect(analyzer, title, passages);
  const read = createMentionReader(analyzer, language, title);
  const collection = createTermCollection();
  let length = 0;
  let cost = 0;
  for (const passage of passages) {
    const found = read(passage);
    for (const [term, mention] of found.mentions) collection.add(term, mention);
    length += found.length;
    cost += passage.text.length + passage.heading.length + title.length + passageCost;
    if (cost < sliceLength) continue;
    cost = 0;
    await setImmediate();
  }
  const batches = await collection.toBatches();
  const terms = { language, passages: passages.length, length, batches };
  return { passages, version: analyzer.version, terms };
}

/** Beginning, middle and end of a document tell its language well enough. */
function detect(analyzer: TextAnalyzer, title: string, passages: readonly PassageDraft[]): string {
  const places = [0, Math.floor(passages.length / 2), passages.length - 1];
  const parts = [...new Set(places)].map((place) => passages[place]?.text.slice(0, 2000) ?? "");
  return analyzer.detectLanguage([title, ...parts].join("\n"));
}

/**
 * Puts passages in place of those that the document has, with what finds them. Within the caller's transaction, and
 * last of all in it: from here on it holds the tenant's index, and who waits for a document's row must not hold that.
 */
export async function putPassages(
  em: EntityManager,
  tenant: Tenant,
  owner: PassageOwner,
  prepared: PreparedPassages,
): Promise<void> {
  const schema = quotedSchema(tenant);
  await lockIndex(em, schema);
  await em.execute(`delete from ${schema}.passages where document_id = ?`, [owner.id]);
  await insertPassages(em, schema, owner, prepared.passages);
  await putTerms(em, schema, owner.id, prepared.version, prepared.terms);
}

/** Removes a document's passages and all that found them; to be called as `putPassages` is. */
export async function removePassages(
  em: EntityManager,
  tenant: Tenant,
  documentId: string,
): Promise<void> {
  const schema = quotedSchema(tenant);
  await lockIndex(em, schema);
  await em.execute(`delete from ${schema}.passages where document_id = ?`, [documentId]);
  await removeTerms(em, schema, documentId);
}

/** Rows of one statement, so that a document of very many sections doesn't hold up other work. */
const batchSize = 1000;

async function insertPassages(
  em: EntityManager,
  schema: string,
  { id, title, passageId }: PassageOwner,
  passages: readonly PassageDraft[],
): Promise<void> {
  for (let first = 0; first < passages.length; first += batchSize) {
    const rows = passages.slice(first, first + batchSize);
    const ranks = rows.map((_, i) => first + i);
    await query(
      em,
      `insert into ${schema}.passages (id, document_id, rank, title, heading, content, start_offset, page)
       select u.id, $1, u.rank, $2, u.heading, u.content, u.start_offset, u.page
       from unnest($3::text[], $4::int[], $5::text[], $6::text[], $7::int[], $8::int[])
         as u (id, rank, heading, content, start_offset, page)`,
      [
        id,
        title,
        arrayLiteral(ranks.map(passageId)),
        arrayLiteral(ranks),
        arrayLiteral(rows.map(({ heading }) => heading)),
        arrayLiteral(rows.map(({ text }) => text)),
        arrayLiteral(rows.map(({ start }) => start)),
        arrayLiteral(rows.map(({ page }) => page)),
      ],
    );
  }
}
