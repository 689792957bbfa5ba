import pg from "pg";
import type { EntityManager } from "@mikro-orm/postgresql";
import type { PassageDraft } from "../../core/documents/document-store.ts";
import type { DocumentIndexer } from "../../core/documents/index-documents.ts";
import type { TextAnalyzer } from "../../core/retrieval/text-analyzer.ts";
import type { Tenant } from "../../core/tenant.ts";
import { adoptDocuments } from "./adopt-documents.ts";
import { arrayLiteral } from "./array-literal.ts";
import { vectorJobs } from "./document-rows.ts";
import { translateError } from "./errors.ts";
import { lockIndex, putTerms, removeTerms } from "./index-rows.ts";
import type { SendJobs } from "./job-outbox.ts";
import { isBehind, missingDocuments, orphanedEntries } from "./missing-documents.ts";
import { preparePassages, type PreparedPassages } from "./passage-rows.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/** Documents that are read together, as long as they have no more passages than that. */
const batch = { documents: 100, passages: 500 } as const;

export interface ReindexDeps {
  /** Of the login. */
  readonly url: string;
  readonly work: TenantWork;
  readonly analyzer: TextAnalyzer;
  readonly sendJobs: SendJobs;
}

/**
 * Indexes the documents that an older release has left, from their stored passages: batch by batch, each in a
 * transaction of its own.
 */
export function createReindexer(deps: ReindexDeps): DocumentIndexer {
  return {
    indexMissing: (tenant, signal) =>
      holdAlone(deps.url, tenant, async () => {
        while (!(await indexAll(deps, tenant, signal)));
      }),
  };
}

/** Does nothing where another process does it. On a connection of its own, which ends with the process. */
async function holdAlone(url: string, tenant: Tenant, act: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // Should the lock be lost with its connection, two may do the same, which only costs time.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ isOurs: boolean }>(
      `select pg_try_advisory_lock(hashtext('miptech indexing'), hashtext($1)) as "isOurs"`,
      [quotedSchema(tenant)],
    );
    if (rows[0]?.isOurs) await act();
  } catch (error) {
    throw translateError(error);
  } finally {
    await client.end();
  }
}

/** Goes once through the documents. @returns whether nothing is left to do. */
async function indexAll(
  { work, analyzer, sendJobs }: ReindexDeps,
  tenant: Tenant,
  signal: AbortSignal,
): Promise<boolean> {
  for (let after = ""; ;) {
    signal.throwIfAborted();
    const stale = await work(tenant, (em) => readStale(em, tenant, analyzer.version, after));
    const last = stale.at(-1)?.id;
    if (last === undefined)
      return work(tenant, (em) => finish(em, tenant, analyzer.version, sendJobs));
    const ids = stale.map(({ id }) => id);
    await work(tenant, (em) => adoptDocuments(em, tenant, sendJobs, ids));
    const prepared = new Map<string, PreparedPassages>();
    for (const { id, title, passages } of stale)
      prepared.set(id, await preparePassages(analyzer, title, passages));
    await work(tenant, (em) => putBatch(em, tenant, analyzer, stale, prepared));
    after = last;
  }
}

interface StaleDocument {
  readonly id: string;
  readonly title: string;
  readonly passageIds: readonly string[];
  readonly passages: readonly PassageDraft[];
}

async function readStale(
  em: EntityManager,
  tenant: Tenant,
  version: number,
  after: string,
): Promise<StaleDocument[]> {
  const schema = quotedSchema(tenant);
  const rows = await em.execute<{ id: string; title: string }[]>(
    `with stale as (
       select d.id, d.title, (select count(*) from ${schema}.passages p where p.document_id = d.id) as passages
       from ${missingDocuments(schema)} and d.id > ? order by d.id limit ?
     ),
     counted as (select id, title, passages, sum(passages) over (order by id) as total from stale)
     select id, title from counted where total <= ? or total = passages order by id`,
    [version, after, batch.documents, batch.passages],
  );
  const passages = await em.execute<(PassageDraft & { id: string; documentId: string })[]>(
    `select id, document_id as "documentId", heading, content as text, start_offset as start, page from ${schema}.passages
     where document_id = any (?::text[]) order by document_id, rank`,
    [arrayLiteral(rows.map(({ id }) => id))],
  );
  const byDocument = Map.groupBy(passages, ({ documentId }) => documentId);
  return rows.map(({ id, title }) => {
    const own = byDocument.get(id) ?? [];
    return { id, title, passageIds: own.map((passage) => passage.id), passages: own };
  });
}

/** Indexes what has stayed as it was read; what hasn't is read again, or was indexed by who put it. */
async function putBatch(
  em: EntityManager,
  tenant: Tenant,
  { version }: TextAnalyzer,
  stale: readonly StaleDocument[],
  prepared: ReadonlyMap<string, PreparedPassages>,
): Promise<void> {
  const schema = quotedSchema(tenant);
  await lockIndex(em, schema);
  const current = await em.execute<{ id: string; passageIds: string[]; version: number | null }[]>(
    `select d.id, i.version,
       coalesce((select json_agg(p.id order by p.rank) from ${schema}.passages p where p.document_id = d.id), '[]') as "passageIds"
     from ${schema}.documents d left join ${schema}.search_documents i on i.document_id = d.id
     where d.id = any (?::text[])`,
    [arrayLiteral(stale.map(({ id }) => id))],
  );
  for (const { id, passageIds } of stale) {
    const now = current.find((one) => one.id === id);
    const { terms } = prepared.get(id) ?? {};
    if (!now || !terms || (now.version ?? 0) >= version) continue;
    if (now.passageIds.join() !== passageIds.join()) continue;
    await putTerms(em, schema, id, version, terms);
  }
}

/** Removes what was deleted without the index. @returns whether nothing was put meanwhile that isn't indexed. */
async function finish(
  em: EntityManager,
  tenant: Tenant,
  version: number,
  sendJobs: SendJobs,
): Promise<boolean> {
  const schema = quotedSchema(tenant);
  await lockIndex(em, schema);
  const orphans = await em.execute<{ id: string }[]>(
    `select i.document_id as id from ${orphanedEntries(schema)}`,
  );
  for (const { id } of orphans) await removeTerms(em, schema, id);
  const rows = await em.execute<object[]>(
    `update ${schema}.search_stats set version = greatest(version, ?) where not ${isBehind(schema)} returning version`,
    [version, version],
  );
  // Who deleted them knew nothing of their vectors.
  await sendJobs(
    em,
    tenant,
    orphans.flatMap(({ id }) => vectorJobs(tenant, id, undefined, false)),
  );
  return rows.length > 0;
}
