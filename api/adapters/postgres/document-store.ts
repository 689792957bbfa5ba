import type { EntityManager } from "@mikro-orm/postgresql";
import { AppError } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { DocumentStore } from "../../core/documents/document-store.ts";
import { passageId } from "../../core/documents/passage-id.ts";
import type { TextAnalyzer } from "../../core/retrieval/text-analyzer.ts";
import { selectDocuments, vectorJobs } from "./document-rows.ts";
import { documentReceipt, readTraces } from "./erase-document.ts";
import type { KeepReceipt } from "./erasure-rows.ts";
import type { SendJobs } from "./job-outbox.ts";
import { preparePassages, putPassages, removePassages } from "./passage-rows.ts";
import { query } from "./raw-query.ts";
import type { TenantShare } from "./tenant-share.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

export interface DocumentStoreDeps {
  readonly work: TenantWork;
  readonly analyzer: TextAnalyzer;
  readonly sendJobs: SendJobs;
  /** Told when jobs were sent. */
  readonly onSend: () => void;
  readonly keepReceipt: KeepReceipt;
  /** Of the pool, for those who may have to wait for a lock of the tenant's documents: the index or the limits. */
  readonly share: TenantShare;
}

export function createDocumentStore(deps: DocumentStoreDeps): DocumentStore {
  const { work } = deps;
  return {
    putDocument: (...put) => putDocument(deps, ...put),
    findDocument: (tenant, id) =>
      work(tenant, async (em) => {
        const [document] = await selectDocuments(em, tenant, "where d.id = ?", [id]);
        const sql = `select content as text from ${quotedSchema(tenant)}.documents where id = $1`;
        const [row] = document ? await query<{ text: string }>(em, sql, [id]) : [];
        return document && row && { ...document, text: row.text };
      }),
    describeDocument: (tenant, id) =>
      work(tenant, async (em) => (await selectDocuments(em, tenant, "where d.id = ?", [id]))[0]),
    findSource: (tenant, source) =>
      work(tenant, async (em) => {
        const [document] = await selectDocuments(em, tenant, "where d.source = ?", [source]);
        return document;
      }),
    listDocuments: (tenant) =>
      work(tenant, (em) => selectDocuments(em, tenant, "order by d.source")),
    pageDocuments: (tenant, { limit, after }) =>
      work(tenant, async (em) => {
        const [where, values] =
          after === undefined ? ["", []] : ["where d.source > ?", [decodePlace(after)]];
        const rest = `${where} order by d.source limit ?`;
        const rows = await selectDocuments(em, tenant, rest, [...values, limit + 1]);
        const items = rows.slice(0, limit);
        const cursors = items.map(({ source }) => encodePlace(source));
        const next = rows.length > limit ? (cursors.at(-1) ?? null) : null;
        return { items, next, cursors };
      }),
    deleteDocument: (...deletion) => deleteDocument(deps, ...deletion),
  };
}

async function putDocument(
  { work, analyzer, sendJobs, onSend, share }: DocumentStoreDeps,
  ...[tenant, document, hash, passages]: Parameters<DocumentStore["putDocument"]>
): ReturnType<DocumentStore["putDocument"]> {
  const { source, title, url, mediaType, text } = document;
  const schema = quotedSchema(tenant);
  const prepared = await preparePassages(analyzer, title, passages);
  const store = async (em: EntityManager) => {
    const [freshId, versionId] = [newId("doc"), newId("ver")];
    // The id stays over a replacement: what cites the document goes on naming it.
    const [row] = await query<{ id: string }>(
      em,
      `insert into ${schema}.documents (id, source, title, url, media_type, content, content_hash, live_version)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (source) do update set title = excluded.title, url = excluded.url, media_type = excluded.media_type,
         content = excluded.content, content_hash = excluded.content_hash, live_version = excluded.live_version
       returning id`,
      [freshId, source, title, url, mediaType, text, hash, versionId],
    );
    if (!row) throw new Error("A document was not stored");
    const { id } = row;
    const gone = await query<{ id: string; vectors: number | null }>(
      em,
      `delete from ${schema}.document_versions where document_id = $1 returning id, vectors`,
      [id],
    );
    await query(
      em,
      `insert into ${schema}.document_versions
         (id, document_id, title, url, media_type, original, size, hash, state, progress)
       values ($1, $2, $3, $4, $5, $6::bytea, octet_length($6::bytea), $7, 'complete', 100)`,
      [versionId, id, title, url, mediaType, Buffer.from(text), hash],
    );
    const jobs = gone.flatMap(({ id: version, vectors }) =>
      vectors === null ? [] : vectorJobs(tenant, id, { id: version, passages: vectors }, true),
    );
    await sendJobs(em, tenant, jobs);
    const owner = { id, title, passageId: (rank: number) => passageId(versionId, rank) };
    await putPassages(em, tenant, owner, prepared);
    const [stored] = await selectDocuments(em, tenant, "where d.id = ?", [id]);
    if (!stored) throw new Error("A document was not stored");
    return { document: stored, created: id === freshId };
  };
  const put = await share(tenant.id, () => work(tenant, store));
  onSend();
  return put;
}

async function deleteDocument(
  { work, sendJobs, onSend, keepReceipt, share }: DocumentStoreDeps,
  ...[tenant, id, request]: Parameters<DocumentStore["deleteDocument"]>
): Promise<boolean> {
  const schema = quotedSchema(tenant);
  const remove = async (em: EntityManager) => {
    // The document's row first, as all who put it do.
    const [document] = await query(em, `select from ${schema}.documents where id = $1 for update`, [
      id,
    ]);
    if (!document) return false;
    const traces = await readTraces(em, tenant, id);
    await query(em, `delete from ${schema}.documents where id = $1`, [id]);
    const isEmbedded = (traces.trail.versions ?? []).length > 0;
    if (!request)
      await sendJobs(em, tenant, isEmbedded ? vectorJobs(tenant, id, undefined, true) : []);
    await removePassages(em, tenant, id);
    if (request) await keepReceipt(em, tenant, documentReceipt(request, tenant, id, traces));
    return true;
  };
  const isDeleted = await share(tenant.id, () => work(tenant, remove));
  if (isDeleted) onSend();
  return isDeleted;
}

function encodePlace(source: string): string {
  return Buffer.from(source).toString("base64url");
}

/** @throws AppError INVALID_CURSOR */
function decodePlace(after: string): string {
  const source = Buffer.from(after, "base64url").toString();
  if (after !== "" && encodePlace(source) === after && !source.includes("\0")) return source;
  throw new AppError("INVALID_CURSOR", "after: this is not the `next` of a page");
}
