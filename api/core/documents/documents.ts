import { AppError } from "../errors.ts";
import type { ErasureRequest } from "../erasure/erasure.ts";
import { isId } from "../ids.ts";
import { splitPassages, titleOf } from "./passages.ts";
import type {
  DocumentStore,
  DocumentWithText,
  NewDocument,
  PutResult,
  StoredDocument,
} from "./document-store.ts";
import type { Tenant } from "../tenant.ts";

export interface DocumentDeps {
  readonly documents: DocumentStore;
  /** Given where documents are embedded: takes what was put in once more, in the background. */
  readonly embed?: ((tenant: Tenant, documentId: string) => Promise<unknown>) | undefined;
}

/** A document that may lack its title: then its first heading is taken, else its source. */
export type DraftDocument = Omit<NewDocument, "title"> & { readonly title?: string | undefined };

/** Grows with each change of how documents are split, so that stored ones are split anew. */
const splitVersion = 1;

/**
 * Stores a text with its passages at once, or leaves it as it is when nothing about it has changed. What is stored so
 * waits in no queue: for the platform's own documents, which are to be there when a start is done.
 */
export async function putDocument(
  deps: DocumentDeps,
  tenant: Tenant,
  draft: DraftDocument,
): Promise<PutResult> {
  const stored = await deps.documents.findSource(tenant, draft.source);
  return replaceDocument(deps, tenant, draft, stored);
}

/** @throws AppError DOCUMENT_NOT_FOUND */
export async function openDocument(
  { documents }: DocumentDeps,
  tenant: Tenant,
  id: string,
): Promise<DocumentWithText> {
  const document = isId(id) ? await documents.findDocument(tenant, id) : undefined;
  if (!document) throw documentNotFound();
  return document;
}

/** The same without its text. @throws AppError DOCUMENT_NOT_FOUND */
export async function findDocument(
  { documents }: Pick<DocumentDeps, "documents">,
  tenant: Tenant,
  id: string,
): Promise<StoredDocument> {
  const document = isId(id) ? await documents.describeDocument(tenant, id) : undefined;
  if (!document) throw documentNotFound();
  return document;
}

/** From then on no turn that starts finds it. @throws AppError DOCUMENT_NOT_FOUND */
export async function deleteDocument(
  { documents }: DocumentDeps,
  tenant: Tenant,
  id: string,
  request?: ErasureRequest,
): Promise<void> {
  const isGone = isId(id) && (await documents.deleteDocument(tenant, id, request));
  if (!isGone) throw documentNotFound();
}

/**
 * Makes the tenant's documents whose source begins with `sourcePrefix` those that are given: puts each
 * of them and deletes the others. Of two with the same source the later one stays.
 * @throws RangeError for a document of another prefix, before anything is stored.
 */
export async function syncDocuments(
  deps: DocumentDeps,
  tenant: Tenant,
  sourcePrefix: string,
  drafts: readonly DraftDocument[],
): Promise<void> {
  const bySource = new Map(drafts.map((draft) => [draft.source, draft]));
  const stray = drafts.find(({ source }) => !source.startsWith(sourcePrefix));
  if (stray) throw new RangeError(`The source ${stray.source} doesn't begin with ${sourcePrefix}`);
  const stored = (await deps.documents.listDocuments(tenant)).filter(({ source }) =>
    source.startsWith(sourcePrefix),
  );
  for (const draft of bySource.values()) {
    await replaceDocument(
      deps,
      tenant,
      draft,
      stored.find(({ source }) => source === draft.source),
    );
  }
  for (const { id, source } of stored)
    if (!bySource.has(source)) await deps.documents.deleteDocument(tenant, id);
}

async function replaceDocument(
  { documents, embed }: DocumentDeps,
  tenant: Tenant,
  draft: DraftDocument,
  stored: StoredDocument | undefined,
): Promise<PutResult> {
  const text = toStorable(draft.text);
  const given = toStorable(draft.title ?? "");
  const title = given.trim() === "" ? titleOf(text) || draft.source : given;
  const document: NewDocument = { ...draft, title, text };
  const hash = await hashDocument(document);
  if (stored?.contentHash === hash) return { document: stored, status: "unchanged" };
  const put = await documents.putDocument(tenant, document, hash, splitPassages(text));
  await embed?.(tenant, put.document.id);
  return { document: put.document, status: put.created ? "created" : "replaced" };
}

/** PostgreSQL holds neither NUL nor half a surrogate pair; the passages' offsets count what is stored. */
function toStorable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

/** SHA-256, in hexadecimal, of all that a caller can change about a document. */
async function hashDocument({ title, url, mediaType, text }: NewDocument): Promise<string> {
  const content = JSON.stringify([splitVersion, title, url, mediaType, text]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function documentNotFound(): AppError {
  return new AppError("DOCUMENT_NOT_FOUND", "Document not found");
}
