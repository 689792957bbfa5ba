import { deleteDocument, openDocument, type PutResult } from "../documents/documents.ts";
import type { DocumentStore } from "../documents/document-store.ts";
import { uploadDocument, type Upload } from "../documents/upload-document.ts";
import type { Clock } from "../ports.ts";
import type { Tenant } from "../tenant.ts";
import type { Administrator } from "./administrator.ts";
import type { AuditEntry, AuditLog } from "./audit.ts";

export interface DocumentAdminDeps {
  readonly documents: DocumentStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/**
 * Stores a document on behalf of an admin. First the audit entry, then the deed: what is refused, and what changes
 * nothing, leaves none, and an entry without its deed tells of a database that broke away in between.
 * @throws AppError INVALID_REQUEST, SOURCE_RESERVED, INVALID_DOCUMENT, PAYLOAD_TOO_LARGE
 */
export async function addDocument(
  { documents, audit, clock }: DocumentAdminDeps,
  admin: Administrator,
  tenant: Tenant,
  upload: Upload,
): Promise<PutResult> {
  return uploadDocument({ documents }, tenant, upload, ({ document, replaced }) => {
    const { source, title, mediaType, text } = document;
    const size = new TextEncoder().encode(text).length;
    const details = { title, media_type: mediaType, size, replaced_id: replaced?.id ?? null };
    return audit.add(entry(admin, clock, tenant, "document.add", source, details));
  });
}

/** From then on no turn that starts finds it. Its audit entry stands before. @throws AppError DOCUMENT_NOT_FOUND */
export async function removeDocument(
  { documents, audit, clock }: DocumentAdminDeps,
  admin: Administrator,
  tenant: Tenant,
  id: string,
): Promise<void> {
  const { source, title, size } = await openDocument({ documents }, tenant, id);
  const details = { id, title, size };
  await audit.add(entry(admin, clock, tenant, "document.delete", source, details));
  await deleteDocument({ documents }, tenant, id);
}

function entry(
  { actor }: Administrator,
  clock: Clock,
  { id }: Tenant,
  action: "document.add" | "document.delete",
  source: string,
  details: AuditEntry["details"],
): AuditEntry {
  return { at: new Date(clock.now()), actor, tenantId: id, action, target: source, details };
}
