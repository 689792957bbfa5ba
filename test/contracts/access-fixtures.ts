import type { KeyStore, NewApiKey } from "../../api/core/access/api-key.ts";
import type { TicketStore } from "../../api/core/access/tokens.ts";
import type { UserStore } from "../../api/core/access/user.ts";
import type { AuditAction, AuditEntry, AuditLog } from "../../api/core/admin/audit.ts";
import type { TenantAdminStore } from "../../api/core/admin/tenant-admin-store.ts";
import { newId } from "../../api/core/ids.ts";
import type { TenantStore } from "../../api/core/ports.ts";
import { createSecrets } from "../../api/adapters/system/secrets.ts";
import { readAll } from "./store-fixtures.ts";

/** What stands above the tenants, as one process has it. */
export interface AccessProcess {
  readonly keys: KeyStore;
  readonly users: UserStore;
  readonly tickets: TicketStore;
  readonly audit: AuditLog;
  readonly tenantAdmin: TenantAdminStore;
  readonly tenants: TenantStore;
}

export interface AccessHarness {
  readonly here: AccessProcess;
  /** Another process over the same data. */
  readonly there: AccessProcess;
  /** Both are active. */
  readonly tenantId: string;
  readonly otherTenantId: string;
  /** Meanwhile no audit entry can be stored. */
  withoutAudit(run: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** What a test gets: the harness of its suite, opened by then. */
export type OpenAccess = () => AccessHarness;

/** How long a change may take to be seen: a second, and half of another is this machine's. */
export const soon = { timeout: 1500, interval: 20 };

const secrets = createSecrets();

export function makeHash(): string {
  return secrets.hash(secrets.make("sk_"));
}

export function makeKey(fields: Partial<NewApiKey> = {}): NewApiKey {
  return {
    id: newId("key"),
    tenantId: "demo",
    role: "server",
    name: "The shop's server",
    prefix: "sk_4fT9qPzA",
    origins: [],
    createdAt: new Date(Date.UTC(2030, 5, 1, 12, 30, 15, 123)),
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    hash: makeHash(),
    ...fields,
  };
}

export function makeEntry(action: AuditAction, fields: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: new Date(Date.UTC(2030, 5, 2, 8, 0, 0, 7)),
    actor: { kind: "key", id: newId("key"), address: "203.0.113.7" },
    tenantId: "demo",
    action,
    target: newId("key"),
    details: {},
    ...fields,
  };
}

export async function countEntries({ here }: AccessHarness): Promise<number> {
  return (await readAll((page) => here.audit.list(undefined, page), 100)).length;
}
