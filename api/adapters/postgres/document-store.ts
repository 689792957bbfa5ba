import { newId } from "../../core/ids.ts";
import type { DocumentStore, StoredDocument } from "../../core/ports.ts";
import { DocumentRow, PassageRow } from "./tenant-entities.ts";
import type { TenantWork } from "./tenant-work.ts";

export function createDocumentStore(work: TenantWork): DocumentStore {
  return {
    putDocument: (tenant, document, contentHash, passages) =>
      work(tenant, async (em) => {
        const { source, title, url, mediaType, text: content } = document;
        // The id stays over a replacement: what cites the document goes on naming it.
        const { id } = await em.upsert(
          DocumentRow,
          { id: newId("doc"), source, title, url, mediaType, content, contentHash },
          {
            onConflictFields: ["source"],
            onConflictExcludeFields: ["id"],
            disableIdentityMap: true,
          },
        );
        await em.nativeDelete(PassageRow, { documentId: id });
        const rows = passages.map(({ heading, text, start }, rank) => ({
          id: newId("psg"),
          documentId: id,
          rank,
          title,
          heading,
          content: text,
          startOffset: start,
        }));
        if (rows.length > 0) await em.insertMany(PassageRow, rows);
        return { id, source, title, contentHash };
      }),
    listDocuments: (tenant) =>
      work(tenant, async (em) => {
        const rows = await em.find(
          DocumentRow,
          {},
          { fields: ["id", "source", "title", "contentHash"], orderBy: { source: "asc" } },
        );
        return rows.map(({ id, source, title, contentHash }): StoredDocument => ({
          id,
          source,
          title,
          contentHash,
        }));
      }),
    async deleteDocument(tenant, id) {
      return (await work(tenant, (em) => em.nativeDelete(DocumentRow, { id }))) > 0;
    },
  };
}
