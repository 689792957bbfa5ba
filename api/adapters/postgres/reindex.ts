import type { EntityManager } from "@mikro-orm/postgresql";
import type { PassageDraft } from "../../core/documents/document-store.ts";
import type { TextAnalyzer } from "../../core/retrieval/text-analyzer.ts";
import type { Tenant } from "../../core/tenant.ts";
import { arrayLiteral } from "./array-literal.ts";
import { lockIndex, putTerms, removeTerms } from "./index-rows.ts";
import { preparePassages, type PreparedPassages } from "./passage-rows.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/** Documents that are read together, as long as they have no more passages than that. */
const batch = { documents: 100, passages: 1000 } as const;

/**
 * Indexes the documents that an older release has left, from their stored passages: batch by batch, each in a
 * transaction of its own, so that another run goes on where one was killed. Who asks meanwhile waits for the same run.
 */
export function createReindexer(
  work: TenantWork,
  analyzer: TextAnalyzer,
): (tenant: Tenant) => Promise<void> {
  const running = new Map<string, Promise<void>>();

  async function run(tenant: Tenant): Promise<void> {
    for (;;) {
      const stale = await work(tenant, (em) => readStale(em, tenant, analyzer.version));
      const prepared = new Map<string, PreparedPassages>();
      for (const { id, title, passages } of stale)
        prepared.set(id, await preparePassages(analyzer, title, passages));
      const isDone = await work(tenant, (em) => putBatch(em, tenant, analyzer, stale, prepared));
      if (isDone) return;
    }
  }

  return (tenant) => {
    const under = running.get(tenant.id);
    if (under) return under;
    const started = run(tenant).finally(() => running.delete(tenant.id));
    running.set(tenant.id, started);
    return started;
  };
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
): Promise<StaleDocument[]> {
  const schema = quotedSchema(tenant);
  const rows = await em.execute<{ id: string; title: string }[]>(
    `with stale as (
       select d.id, d.title, (select count(*) from ${schema}.passages p where p.document_id = d.id) as passages
       from ${schema}.documents d left join ${schema}.search_documents i on i.document_id = d.id
       where i.version is null or i.version < ? order by d.id limit ?
     ),
     counted as (select id, title, passages, sum(passages) over (order by id) as total from stale)
     select id, title from counted where total <= ? or total = passages order by id`,
    [version, batch.documents, batch.passages],
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

/**
 * Indexes what has stayed as it was read; what hasn't is read again by the next batch, or was indexed by who put it.
 * @returns whether nothing is left to do.
 */
async function putBatch(
  em: EntityManager,
  tenant: Tenant,
  { version }: TextAnalyzer,
  stale: readonly StaleDocument[],
  prepared: ReadonlyMap<string, PreparedPassages>,
): Promise<boolean> {
  const schema = quotedSchema(tenant);
  await lockIndex(em, schema);
  if (stale.length === 0) {
    await removeOrphans(em, schema);
    await em.execute(
      `update ${schema}.search_stats set version = ? where version < ? and not exists (
         select from ${schema}.documents d left join ${schema}.search_documents i on i.document_id = d.id
         where i.version is null or i.version < ?)`,
      [version, version, version],
    );
    return true;
  }
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
  return false;
}

/** What is indexed of documents that were deleted behind the platform's back. */
async function removeOrphans(em: EntityManager, schema: string): Promise<void> {
  const orphans = await em.execute<{ id: string }[]>(
    `select document_id as id from ${schema}.search_documents i
     where not exists (select from ${schema}.documents d where d.id = i.document_id)`,
  );
  for (const { id } of orphans) await removeTerms(em, schema, id);
}
