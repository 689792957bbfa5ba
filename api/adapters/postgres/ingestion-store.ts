import type { EntityManager } from "@mikro-orm/postgresql";
import { checkDocumentLimits } from "../../core/documents/document-limits.ts";
import type {
  IngestionStore,
  NewVersion,
  OpenVersion,
  VersionContent,
} from "../../core/documents/ingestion.ts";
import type { PutResult } from "../../core/documents/document-store.ts";
import { passageId } from "../../core/documents/passage-id.ts";
import { AppError } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { NewJob } from "../../core/jobs/job-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { selectDocuments, vectorJobs } from "./document-rows.ts";
import type { DocumentStoreDeps } from "./document-store.ts";
import { matches, readVersions } from "./known-versions.ts";
import { preparePassages, putPassages, type PreparedPassages } from "./passage-rows.ts";
import { query } from "./raw-query.ts";
import { quotedSchema } from "./tenant-work.ts";

const isOpen = "state not in ('complete', 'failed')";

export function createIngestionStore(deps: DocumentStoreDeps): IngestionStore {
  const { work, analyzer, sendJobs, onSend, share } = deps;
  return {
    planVersion: (tenant, version) =>
      work(tenant, async (em) => {
        const [replaced] = await selectDocuments(em, tenant, "where d.source = ?", [
          version.source,
        ]);
        const known = replaced && (await readVersions(em, tenant, replaced.id));
        if (replaced && known && matches(known, version.hash) && !known.isBehind(version.hash))
          return { status: "unchanged", document: replaced };
        await checkRoom(em, tenant, version);
        return { status: replaced ? "replaced" : "created", replaced };
      }),
    async queueVersion(tenant, version) {
      const queue = () => work(tenant, (em) => queueVersion(deps, em, tenant, version));
      const put = await share(tenant.id, queue);
      onSend();
      return put;
    },
    async requeueDocument(tenant, id) {
      const document = await work(tenant, async (em) => {
        const [row] = await query<{ id: string }>(
          em,
          `update ${quotedSchema(tenant)}.document_versions
           set state = 'queued', progress = 0, error_code = null, error = null, updated_at = now()
           where id = (
             select id from ${quotedSchema(tenant)}.document_versions where document_id = $1 order by seq desc limit 1
           ) and state in ('complete', 'failed') returning id`,
          [id],
        );
        if (row) await sendJobs(em, tenant, [ingestJob(tenant, id, row.id)]);
        const [stored] = await selectDocuments(em, tenant, "where d.id = ?", [id]);
        return stored;
      });
      onSend();
      return document;
    },
    openVersion: (tenant, id) =>
      work(tenant, async (em) => {
        const [row] = await query<OpenVersion>(
          em,
          `select v.id, v.document_id as "documentId", d.source, v.title, v.url, v.media_type as "mediaType", v.charset,
             v.original
           from ${quotedSchema(tenant)}.document_versions v
           join ${quotedSchema(tenant)}.documents d on d.id = v.document_id
           where v.id = $1 and v.${isOpen}`,
          [id],
        );
        return row;
      }),
    async hasVersion(tenant, id) {
      const sql = `select from ${quotedSchema(tenant)}.document_versions where id = $1 for share`;
      try {
        return (await work(tenant, (em) => query(em, sql, [id]))).length > 0;
      } catch (error) {
        // With the tenant its versions are gone too.
        if (error instanceof AppError && error.code === "TENANT_NOT_FOUND") return false;
        throw error;
      }
    },
    reportStep: (tenant, id, { state, progress, vectors, embeddedBy }) =>
      work(tenant, async (em) => {
        const rows = await query(
          em,
          `update ${quotedSchema(tenant)}.document_versions set state = $2, progress = $3,
             vectors = coalesce($4, vectors), embedded_by = case when $4::int is null or embedded_by = $5 then embedded_by end, error_code = null, error = null, updated_at = now()
           where id = $1 and ${isOpen} returning id`,
          [id, state, progress, vectors ?? null, embeddedBy ?? null],
        );
        return rows.length > 0;
      }),
    noteError: (tenant, id, { code, message }) =>
      work(tenant, async (em) => {
        await query(
          em,
          `update ${quotedSchema(tenant)}.document_versions set error_code = $2, error = $3, updated_at = now()
           where id = $1 and ${isOpen}`,
          [id, code, message],
        );
      }),
    async completeVersion(tenant, id, content) {
      const { title, passages, language } = content;
      const prepared = await preparePassages(analyzer, title, passages, language);
      const isLive = await work(tenant, (em) =>
        completeVersion(deps, em, tenant, id, content, prepared),
      );
      if (isLive) onSend();
      return isLive;
    },
    async failVersion(tenant, id, error) {
      await work(tenant, async (em) => {
        const schema = quotedSchema(tenant);
        const [row] = await query<VersionRow & { documentId: string; isLive: boolean }>(
          em,
          `update ${schema}.document_versions v set state = 'failed', error_code = coalesce($2, error_code, 'INTERNAL_ERROR'),
             error = coalesce($3, error, 'Something went wrong on our side'), updated_at = now()
           from ${schema}.documents d where v.id = $1 and v.${isOpen} and d.id = v.document_id
           returning v.id, v.vectors, v.document_id as "documentId", d.live_version is not distinct from v.id as "isLive"`,
          [id, error?.code ?? null, error?.message ?? null],
        );
        if (row && !row.isLive)
          await sendJobs(em, tenant, removalJobs(tenant, row.documentId, [row]));
      });
      onSend();
    },
  };
}

interface NewlyLive {
  readonly url: string | null;
  readonly mediaType: string;
  readonly hash: string;
  readonly seq: string;
}

interface VersionRow {
  readonly id: string;
  readonly vectors: number | null;
}

async function queueVersion(
  { sendJobs }: DocumentStoreDeps,
  em: EntityManager,
  tenant: Tenant,
  version: NewVersion,
): Promise<PutResult> {
  const schema = quotedSchema(tenant);
  const { source, title, url, mediaType, charset, original, hash } = version;
  // One at a time, so that the limits hold.
  await query(em, `select pg_advisory_xact_lock(hashtext($1))`, [`${schema} documents`]);
  const [before] = await query<{ id: string }>(
    em,
    `select id from ${schema}.documents where source = $1 for update`,
    [source],
  );
  const known = before && (await readVersions(em, tenant, before.id));
  const isKnown = known !== undefined && matches(known, hash);
  if (!isKnown) await checkRoom(em, tenant, version);
  const id = before?.id ?? newId("doc");
  const jobs: NewJob[] = [];
  if (before && (!isKnown || known.isBehind(hash))) {
    const overtaken = await query<VersionRow>(
      em,
      `delete from ${schema}.document_versions v using ${schema}.documents d
       where v.document_id = $1 and d.id = v.document_id and v.id is distinct from d.live_version
       returning v.id, v.vectors`,
      [id],
    );
    jobs.push(...removalJobs(tenant, id, overtaken));
    if (isKnown) jobs.push(...(await resumeLive(em, tenant, id)));
  }
  if (!isKnown) {
    if (!before)
      await query(
        em,
        `insert into ${schema}.documents (id, source, title, url, media_type, content, content_hash)
         values ($1, $2, $3, $4, $5, '', '')`,
        [id, source, title ?? source, url, mediaType],
      );
    const versionId = newId("ver");
    await query(
      em,
      `insert into ${schema}.document_versions
         (id, document_id, title, url, media_type, charset, original, size, hash, state)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued')`,
      [versionId, id, title, url, mediaType, charset, original, original.length, hash],
    );
    jobs.push(ingestJob(tenant, id, versionId));
  }
  await sendJobs(em, tenant, jobs);
  const [document] = await selectDocuments(em, tenant, "where d.id = ?", [id]);
  if (!document) throw new Error("A document was not stored");
  return { document, status: isKnown ? "unchanged" : before ? "replaced" : "created" };
}

/** What is live may be being taken in once more: that was given up when the version came that is called off now. */
async function resumeLive(
  em: EntityManager,
  tenant: Tenant,
  documentId: string,
): Promise<NewJob[]> {
  const schema = quotedSchema(tenant);
  const rows = await query<{ id: string }>(
    em,
    `update ${schema}.document_versions v set state = 'queued', progress = 0, updated_at = now()
     from ${schema}.documents d where d.id = $1 and v.id = d.live_version and v.${isOpen} returning v.id`,
    [documentId],
  );
  return rows.map(({ id }) => ingestJob(tenant, documentId, id));
}

/** @throws AppError DOCUMENT_LIMIT_REACHED */
async function checkRoom(
  em: EntityManager,
  tenant: Tenant,
  { source, original }: Pick<NewVersion, "source" | "original">,
): Promise<void> {
  const [others] = await query<{ documents: number; bytes: number }>(
    em,
    `select count(distinct d.id)::int as documents, coalesce(sum(v.size), 0)::float8 as bytes
     from ${quotedSchema(tenant)}.documents d
     left join ${quotedSchema(tenant)}.document_versions v on v.document_id = d.id where d.source <> $1`,
    [source],
  );
  checkDocumentLimits(tenant, others ?? { documents: 0, bytes: 0 }, original.length);
}

/** Rows are locked as all do it: the document's, the version's, and last of all the index. */
async function completeVersion(
  { sendJobs }: DocumentStoreDeps,
  em: EntityManager,
  tenant: Tenant,
  versionId: string,
  { title, text, embeddedBy }: VersionContent,
  prepared: PreparedPassages,
): Promise<boolean> {
  const schema = quotedSchema(tenant);
  const [document] = await query<{ id: string }>(
    em,
    `select id from ${schema}.documents
     where id = (select document_id from ${schema}.document_versions where id = $1) for update`,
    [versionId],
  );
  if (!document) return false;
  const [version] = await query<NewlyLive>(
    em,
    `update ${schema}.document_versions set state = 'complete', progress = 100, error_code = null, error = null,
       embedded_by = $2, updated_at = now()
     where id = $1 and ${isOpen} returning url, media_type as "mediaType", hash, seq`,
    [versionId, embeddedBy ?? null],
  );
  if (!version) return false;
  const { id } = document;
  await query(
    em,
    `update ${schema}.documents set title = $2, url = $3, media_type = $4, content = $5, content_hash = $6,
       live_version = $7 where id = $1`,
    [id, title, version.url, version.mediaType, text, version.hash, versionId],
  );
  const before = await query<VersionRow>(
    em,
    `delete from ${schema}.document_versions where document_id = $1 and seq < $2 returning id, vectors`,
    [id, version.seq],
  );
  await sendJobs(em, tenant, removalJobs(tenant, id, before));
  const owner = { id, title, passageId: (rank: number) => passageId(versionId, rank) };
  await putPassages(em, tenant, owner, prepared);
  return true;
}

function ingestJob({ id: tenantId }: Tenant, documentId: string, versionId: string): NewJob {
  return { kind: "ingest-document", tenantId, data: { documentId, versionId } };
}

function removalJobs(tenant: Tenant, documentId: string, gone: readonly VersionRow[]): NewJob[] {
  return gone.flatMap(({ id, vectors }) =>
    vectors === null ? [] : vectorJobs(tenant, documentId, { id, passages: vectors }, true),
  );
}
