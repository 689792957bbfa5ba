import type { DocumentStore, PutResult, StoredDocument } from "../documents/document-store.ts";
import { deleteDocument, findDocument } from "../documents/documents.ts";
import { uploadDocument, type Upload, type UploadDeps } from "../documents/upload-document.ts";
import type { Clock } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import type { Administrator } from "./administrator.ts";
import { newErasure } from "./erasure-admin.ts";
import type { AuditEntry, AuditLog } from "./audit.ts";

export interface DocumentAdminDeps extends UploadDeps {
  readonly documents: DocumentStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/**
 * Takes a document on behalf of an admin. First the audit entry, then the deed: what is refused, and what changes
 * nothing, leaves none, and an entry without its deed tells of a database that broke away in between.
 * @throws AppError as `uploadDocument` does
 */
export async function addDocument(
  deps: DocumentAdminDeps,
  admin: Administrator,
  tenant: Tenant,
  upload: Upload,
): Promise<PutResult> {
  return uploadDocument(deps, tenant, upload, ({ version, replaced }) => {
    const { source, title, mediaType, original } = version;
    const size = original.length;
    const details = { title, media_type: mediaType, size, replaced_id: replaced?.id ?? null };
    return deps.audit.add(entry(admin, deps.clock, tenant, "document.add", source, details));
  });
}

/**
 * Takes a document in once more from what was brought, as after a service that was away too long; until that is done
 * questions are answered as before. One that is under way is left alone. @throws AppError DOCUMENT_NOT_FOUND
 */
export async function retryDocument(
  { documents, ingestions, audit, clock }: DocumentAdminDeps,
  admin: Administrator,
  tenant: Tenant,
  id: string,
): Promise<StoredDocument> {
  const { source } = await findDocument({ documents }, tenant, id);
  await audit.add(entry(admin, clock, tenant, "document.retry", source, { id }));
  const queued = await ingestions.requeueDocument(tenant, id);
  return queued ?? findDocument({ documents }, tenant, id);
}

/**
 * From then on no turn that starts finds it. Its audit entry stands before. @returns the id of the receipt.
 * @throws AppError DOCUMENT_NOT_FOUND
 */
export async function removeDocument(
  { documents, audit, clock }: Pick<DocumentAdminDeps, "documents" | "audit" | "clock">,
  admin: Administrator,
  tenant: Tenant,
  id: string,
): Promise<string> {
  const { source, title, size } = await findDocument({ documents }, tenant, id);
  const details = { id, title, size };
  await audit.add(entry(admin, clock, tenant, "document.delete", source, details));
  const request = newErasure(admin, clock);
  await deleteDocument({ documents }, tenant, id, request);
  return request.id;
}

function entry(
  { actor }: Administrator,
  clock: Clock,
  { id }: Tenant,
  action: "document.add" | "document.retry" | "document.delete",
  source: string,
  details: AuditEntry["details"],
): AuditEntry {
  return { at: new Date(clock.now()), actor, tenantId: id, action, target: source, details };
}
