import type { MikroORM } from "@mikro-orm/core";
import type { PostgreSqlDriver } from "@mikro-orm/postgresql";
import type { KeyStore } from "../../core/access/api-key.ts";
import type { TicketStore } from "../../core/access/tokens.ts";
import type { UserStore } from "../../core/access/user.ts";
import type { AuditLog } from "../../core/admin/audit.ts";
import type { TenantAdminStore } from "../../core/admin/tenant-admin-store.ts";
import type { Clock, Logger, TenantStore } from "../../core/ports.ts";
import { createAuditLog } from "./audit-log.ts";
import type { ErasureStoreDeps } from "./erasure-store.ts";
import { createKeyStore } from "./key-store.ts";
import { createPublicWork } from "./public-work.ts";
import { createTenantAdminStore } from "./tenant-admin-store.ts";
import { createTenantStore } from "./tenant-store.ts";
import { createTicketStore } from "./ticket-store.ts";
import { createUserStore } from "./user-store.ts";

/** What stands above the tenants. */
export interface AccessStores {
  readonly tenants: TenantStore;
  readonly tenantAdmin: TenantAdminStore;
  readonly keys: KeyStore;
  readonly users: UserStore;
  readonly tickets: TicketStore;
  readonly audit: AuditLog;
}

export interface CachedAccess extends AccessStores {
  /** What hears the announcements of changes, by their channel. */
  readonly channels: Readonly<Record<string, (id: string) => void>>;
  /** What deletions need of it. */
  readonly erasing: Pick<
    ErasureStoreDeps,
    "publicWork" | "findTenant" | "forgetTenant" | "forgetUser"
  >;
  /** Reads everything anew at its next use. */
  forget(): void;
  /** Writes down what was only noted. Never throws. */
  close(): Promise<void>;
}

export interface AccessOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onTenantChange: (tenantId: string) => void;
  readonly onKeyChange: (keyId: string) => void;
  readonly onUserChange: (userId: string) => void;
}

/** @param isListening false while announcements may be missed. */
export function createAccessStores(
  orm: MikroORM<PostgreSqlDriver>,
  options: AccessOptions,
  isListening: () => boolean,
): CachedAccess {
  const { clock, logger } = options;
  const work = createPublicWork(orm);
  const tenants = createTenantStore(work, clock, isListening);
  const keys = createKeyStore({ work, clock, logger, isListening });
  const users = createUserStore(work, clock, isListening);
  return {
    tenants,
    keys,
    users,
    tenantAdmin: createTenantAdminStore(work, tenants.forget),
    tickets: createTicketStore(work, clock),
    audit: createAuditLog(work),
    erasing: {
      publicWork: work,
      findTenant: async (id) => (await tenants.findTenantInAnyState(id))?.tenant,
      forgetTenant: tenants.forget,
      forgetUser: users.forget,
    },
    channels: {
      tenant_changed(id) {
        tenants.forget(id);
        options.onTenantChange(id);
      },
      key_changed(id) {
        keys.forget(id);
        options.onKeyChange(id);
      },
      user_changed(id) {
        users.forget(id);
        options.onUserChange(id);
      },
    },
    forget() {
      for (const store of [tenants, keys, users]) store.forget();
    },
    close: keys.close,
  };
}
