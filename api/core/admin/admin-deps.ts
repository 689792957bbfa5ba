import type { AuditLog } from "./audit.ts";
import type { ErasureAdminDeps } from "./erasure-admin.ts";
import type { KeyAdminDeps } from "./key-admin.ts";
import type { TenantAdminDeps } from "./tenant-admin.ts";
import type { UserAdminDeps } from "./user-admin.ts";

/** What administration works with, at whichever door. */
export interface AdminDeps extends TenantAdminDeps, KeyAdminDeps, UserAdminDeps, ErasureAdminDeps {
  readonly audit: AuditLog;
}
