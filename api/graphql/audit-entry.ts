import { administratorOf } from "../core/admin/administrator.ts";
import type { Actor as ActorShape, StoredAuditEntry } from "../core/admin/audit.ts";
import { readAudit } from "../core/admin/read-audit.ts";
import { builder } from "./builder.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";

const ActorKind = builder.enumType("ActorKind", {
  values: {
    PLATFORM: { value: "platform", description: "The platform's admin." },
    KEY: { value: "key" },
    USER: { value: "user" },
  } as const,
});

const Actor = builder.objectRef<ActorShape>("Actor").implement({
  description: "Who did something.",
  fields: (t) => ({
    kind: t.field({ type: ActorKind, resolve: ({ kind }) => kind }),
    id: t.exposeID("id", { nullable: true, description: "Of the key or the user." }),
    address: t.exposeString("address", { description: "That they came from." }),
  }),
});

const AuditEntry = builder.objectRef<StoredAuditEntry>("AuditEntry").implement({
  description: "One administrative action.",
  fields: (t) => ({
    id: t.exposeID("id"),
    at: t.field({ type: "DateTime", resolve: ({ at }) => at }),
    actor: t.field({ type: Actor, resolve: ({ actor }) => actor }),
    tenantId: t.exposeID("tenantId", { nullable: true }),
    action: t.exposeString("action", { description: "Such as `key.revoke`." }),
    target: t.exposeString("target", {
      nullable: true,
      description: "The id of what it was done to; of a document, its source.",
    }),
    details: t.field({
      type: "JSON",
      description: "`changes` tells each changed field with its old and new value.",
      resolve: ({ details }) => details,
    }),
  }),
});

const AuditConnection = builder.connectionObject(
  { type: AuditEntry, name: "AuditConnection" },
  { name: "AuditEdge" },
);

builder.queryField("auditLog", (t) =>
  t.field({
    type: AuditConnection,
    nullable: true,
    description: "What admins have done to the tenant, newest first. For admins.",
    args: {
      first: pageArgs.first,
      after: pageArgs.after,
      allTenants: t.arg.boolean({
        description: "What was done to all of them; for the platform's admin.",
      }),
    },
    complexity: costOfPage,
    async resolve(_root, { allTenants, ...args }, { services, caller }) {
      const tenantId = allTenants ? undefined : caller.tenant.id;
      const [admin, page] = [administratorOf(caller), toPageRequest(args)];
      return toConnection(await readAudit(services.admin.audit, admin, tenantId, page), args);
    },
  }),
);
