import type { EntityManager } from "@mikro-orm/postgresql";
import { AppError } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type {
  DocumentStore,
  PassageDraft,
  StoredDocument,
} from "../../core/documents/document-store.ts";
import { DocumentRow, PassageRow } from "./tenant-entities.ts";
import type { TenantWork } from "./tenant-work.ts";

export function createDocumentStore(work: TenantWork): DocumentStore {
  return {
    putDocument: (tenant, document, contentHash, passages) =>
      work(tenant, async (em) => {
        const { source, title, url, mediaType, text: content } = document;
        const freshId = newId("doc");
        // The id stays over a replacement: what cites the document goes on naming it.
        const { id } = await em.upsert(
          DocumentRow,
          { id: freshId, source, title, url, mediaType, content, contentHash },
          {
            onConflictFields: ["source"],
            onConflictExcludeFields: ["id"],
            disableIdentityMap: true,
          },
        );
        await em.nativeDelete(PassageRow, { documentId: id });
        await insertPassages(em, id, title, passages);
        const row = await em.findOneOrFail(DocumentRow, { id });
        return { document: toDocument(row), created: id === freshId };
      }),
    findDocument: (tenant, id) =>
      work(tenant, async (em) => {
        const row = await em.findOne(DocumentRow, { id }, { populate: ["content"] });
        return row ? { ...toDocument(row), text: row.content } : undefined;
      }),
    findSource: (tenant, source) =>
      work(tenant, async (em) => {
        const row = await em.findOne(DocumentRow, { source });
        return row ? toDocument(row) : undefined;
      }),
    listDocuments: (tenant) =>
      work(tenant, async (em) => {
        const rows = await em.find(DocumentRow, {}, { orderBy: { source: "asc" } });
        return rows.map(toDocument);
      }),
    pageDocuments: (tenant, { limit, after }) =>
      work(tenant, async (em) => {
        const place = after === undefined ? {} : { source: { $gt: decodePlace(after) } };
        const options = { orderBy: { source: "asc" }, limit: limit + 1 } as const;
        const rows = await em.find(DocumentRow, place, options);
        const shown = rows.slice(0, limit);
        const cursors = shown.map((row) => encodePlace(row.source));
        const next = rows.length > limit ? (cursors.at(-1) ?? null) : null;
        return { items: shown.map(toDocument), next, cursors };
      }),
    async deleteDocument(tenant, id) {
      return (await work(tenant, (em) => em.nativeDelete(DocumentRow, { id }))) > 0;
    },
  };
}

/** Rows of one statement, so that a document of very many sections doesn't hold up other work. */
const batchSize = 1000;

async function insertPassages(
  em: EntityManager,
  documentId: string,
  title: string,
  passages: readonly PassageDraft[],
): Promise<void> {
  const rows = passages.map(({ heading, text, start }, rank) => ({
    id: newId("psg"),
    documentId,
    rank,
    title,
    heading,
    content: text,
    startOffset: start,
  }));
  for (let first = 0; first < rows.length; first += batchSize) {
    await em.insertMany(PassageRow, rows.slice(first, first + batchSize));
  }
}

function toDocument(row: Omit<DocumentRow, "content">): StoredDocument {
  const { id, source, title, mediaType, contentHash, size, createdAt } = row;
  return { id, source, title, url: row.url ?? null, mediaType, contentHash, size, createdAt };
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
