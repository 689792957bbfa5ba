import { markOf } from "./mark.ts";
import type { Scene } from "./scene.ts";

/** All tenants have documents of these sources. */
const sources = ["refunds", "returns", "shipping", "warranty"] as const;
/** A word that all of them hold. */
const asked = "How long do refunds take?";

async function putDocument({ target, rows, random, findings }: Scene): Promise<void> {
  const source = random.pick(sources);
  const title = `${source} of ${markOf(rows.tenant.id)}`;
  const text = `Refunds of ${markOf(rows.tenant.id)} take ${random.integer(1, 1e6)} days.`;
  const document = { source, title, url: null, mediaType: "text/plain", text };
  const passages = [{ heading: "", text, start: 0, page: null }];
  const put = await target.documents.putDocument(rows.tenant, document, "hash", passages);
  const held = rows.documents.get(source);
  const { id } = put.document;
  findings.compare(
    rows.tenant.id,
    "put document",
    { id, title: put.document.title, created: put.created },
    { id: held?.id ?? id, title, created: held === undefined },
  );
  rows.documents.set(source, { id, source, title, text });
}

async function deleteDocument(scene: Scene): Promise<void> {
  const { target, rows, random, findings } = scene;
  if (rows.documents.size === 0) return putDocument(scene);
  const { id, source } = random.pick([...rows.documents.values()]);
  const deleted = await target.documents.deleteDocument(rows.tenant, id);
  findings.compare(rows.tenant.id, "delete document", deleted, true);
  rows.documents.delete(source);
}

async function search({ target, rows, findings }: Scene): Promise<void> {
  const { signal } = new AbortController();
  const { passages: found } = await target.retriever.retrieve(rows.tenant, asked, 50, signal);
  const held = [...rows.documents.values()];
  findings.compare(
    rows.tenant.id,
    "search",
    found.map(({ documentId, title, text }) => ({ documentId, title, text })).toSorted(byId),
    held.map(({ id, title, text }) => ({ documentId: id, title, text })).toSorted(byId),
  );
}

function byId(a: { documentId: string }, b: { documentId: string }): number {
  return a.documentId < b.documentId ? -1 : 1;
}

export const documentOperations = {
  "put document": putDocument,
  "delete document": deleteDocument,
  search,
};
