import type { Page, PageRequest } from "../ports.ts";
import { requirePlatform, requireTenant, type Administrator } from "./administrator.ts";
import type { AuditLog, StoredAuditEntry } from "./audit.ts";

/**
 * What admins have done, newest first.
 * @param tenantId undefined: to all tenants and to the platform; for its admin alone.
 * @throws AppError FORBIDDEN, TENANT_NOT_FOUND, INVALID_CURSOR
 */
export async function readAudit(
  audit: AuditLog,
  admin: Administrator,
  tenantId: string | undefined,
  page: PageRequest,
): Promise<Page<StoredAuditEntry>> {
  if (tenantId === undefined) requirePlatform(admin, "Reading the whole audit log");
  else requireTenant(admin, tenantId);
  return audit.list(tenantId, page);
}
