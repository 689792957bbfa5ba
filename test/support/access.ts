import { createUserTokens } from "../../api/adapters/jose/user-tokens.ts";
import { createVisitorTokens } from "../../api/adapters/jose/visitor-tokens.ts";
import { createMemoryAudit } from "../../api/adapters/memory/audit.ts";
import { createMemoryConnectionCounter } from "../../api/adapters/memory/connections.ts";
import { createMemoryErasures } from "../../api/adapters/memory/erasures.ts";
import { createMemoryJobs } from "../../api/adapters/memory/jobs.ts";
import { createMemoryKeys } from "../../api/adapters/memory/keys.ts";
import { createMemoryTenantAdmin } from "../../api/adapters/memory/tenant-admin.ts";
import type { MemoryTenants } from "../../api/adapters/memory/tenants.ts";
import { createMemoryTickets } from "../../api/adapters/memory/tickets.ts";
import { createMemoryUsers } from "../../api/adapters/memory/users.ts";
import { createAdminCheck } from "../../api/adapters/system/admin-token.ts";
import { createSecrets } from "../../api/adapters/system/secrets.ts";
import type { ApiKey, KeyRole } from "../../api/core/access/api-key.ts";
import type { GateDeps } from "../../api/core/access/gate.ts";
import { createOwnOrigin } from "../../api/core/access/origins.ts";
import type { TicketHolder } from "../../api/core/access/tokens.ts";
import type { User, UserProfile } from "../../api/core/access/user.ts";
import type { AdminDeps } from "../../api/core/admin/admin-deps.ts";
import type { AuditAction, AuditEntry } from "../../api/core/admin/audit.ts";
import { newId } from "../../api/core/ids.ts";
import { createStrangers } from "../../api/core/limits/strangers.ts";
import type { Clock, Logger } from "../../api/core/ports.ts";

interface Given extends Pick<GateDeps, "limiter" | "limits" | "origins"> {
  readonly tenants: MemoryTenants;
}

export interface AccessOptions extends Given {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: there is no admin. */
  readonly adminToken: string | undefined;
}

/** What every door asks, on memory, and what makes keys, users and tokens that are good there. */
export function openMemoryAccess({ clock, logger, adminToken, ...given }: AccessOptions) {
  const now = () => new Date(clock.now());
  const audit = createMemoryAudit();
  const gate = {
    ...given,
    clock,
    strangers: createStrangers({ ...given, clock }),
    keys: createMemoryKeys(audit),
    users: createMemoryUsers(audit, now),
    tickets: createMemoryTickets(),
    secrets: createSecrets(),
    connections: createMemoryConnectionCounter(),
    ownOrigin: createOwnOrigin({ publicOrigin: undefined, trustsLoopback: true }),
    visitorTokens: createVisitorTokens({ secret: "a secret for tests", clock }),
    userTokens: createUserTokens({ secret: "another secret for tests", clock, logger }),
    isAdmin: createAdminCheck(adminToken),
  };

  const { keys, users, secrets } = gate;
  const tenants = createMemoryTenantAdmin(given.tenants, audit, now);
  const jobs = createMemoryJobs({ clock });
  const erasures = createMemoryErasures({
    audit,
    users,
    tenants,
    eraseChats: async () => ({}),
    send: jobs.send,
  });
  const erasing = { erasures, jobs, keys: undefined, vectors: undefined, clock };
  const admin: AdminDeps = { tenants, keys, users, secrets, audit, clock, erasing };

  function note(tenantId: string, action: AuditAction): AuditEntry {
    const actor = { kind: "platform", id: null, address: "127.0.0.1" } as const;
    return { at: now(), actor, tenantId, action, target: null, details: {} };
  }

  return {
    gate,
    audit,
    /** Knows the tenants alone that are made through it. */
    admin,
    erasures,
    /** A new key of a tenant, with its text. */
    async makeKey(tenantId: string, role: KeyRole, fields: Partial<ApiKey> = {}) {
      const text = gate.secrets.make(role === "publishable" ? "pk_" : "sk_");
      const key: ApiKey = {
        id: newId("key"),
        tenantId,
        role,
        name: "For tests",
        prefix: text.slice(0, 11),
        origins: [],
        createdAt: now(),
        expiresAt: null,
        revokedAt: null,
        lastUsedAt: null,
        ...fields,
      };
      await gate.keys.addKey(
        { ...key, hash: gate.secrets.hash(text) },
        note(tenantId, "key.create"),
      );
      return { text, key };
    },
    revokeKey: ({ tenantId, id }: ApiKey) =>
      gate.keys.revokeKey(tenantId, id, now(), note(tenantId, "key.revoke")),
    expireKey: ({ tenantId, id }: ApiKey, at: Date) =>
      gate.keys.expireKey(tenantId, id, at, note(tenantId, "key.expire")),
    makeUser: (tenantId: string, externalId: string, profile: UserProfile = {}) =>
      gate.users.ensureUser(tenantId, externalId, profile),
    changeUser: ({ tenantId, id }: User, changes: Partial<Pick<User, "role" | "status">>) =>
      gate.users.updateUser(tenantId, id, changes, note(tenantId, "user.update")),
    /** A token of a user, by default for an hour and made by no key. */
    async tokenOf(user: User, { ttlMs = 3_600_000, keyId = null as string | null } = {}) {
      const draft = { user, keyId, authenticatedAt: clock.now(), ttlMs };
      return (await gate.userTokens.issue(draft)).token;
    },
    /** A ticket of 30 seconds; by default for whom nothing is proven, and for no page. */
    async makeTicket(tenantId: string, fields: Partial<TicketHolder> = {}) {
      const ticket = gate.secrets.make("tkt_");
      const nobody = { visitorId: null, userId: null, keyId: null, tokenKeyId: null };
      const holder = { ...nobody, origin: null, credentialsExpireAt: null, ...fields };
      const until = new Date(clock.now() + 30_000);
      await gate.tickets.addTicket(tenantId, gate.secrets.hash(ticket), holder, until);
      return ticket;
    },
  };
}

export type MemoryAccess = ReturnType<typeof openMemoryAccess>;
