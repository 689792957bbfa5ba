import { administratorOf } from "../core/admin/administrator.ts";
import { showSettings } from "../core/admin/settings-patch.ts";
import type { TenantRecord as RecordShape } from "../core/admin/tenant-admin-store.ts";
import { listTenants, openTenantRecord, originsOf } from "../core/admin/tenant-admin.ts";
import { parseSettings } from "../core/tenant.ts";
import { builder } from "./builder.ts";
import { costOfPage, pageArgs, toConnection, toPageRequest } from "./connection.ts";
import { TenantLimits } from "./tenant.ts";

export const TenantRecord = builder.objectRef<RecordShape>("TenantRecord").implement({
  description: "A tenant as its admins see it, served or not.",
  fields: (t) => ({
    id: t.exposeID("id"),
    name: t.exposeString("name"),
    domain: t.exposeString("domain", { nullable: true }),
    status: t.exposeString("status", { description: "Only `active` is served." }),
    settings: t.field({
      type: "JSON",
      description: "As they are stored; what is missing takes its default.",
      resolve: ({ settings }) => showSettings(settings),
    }),
    limits: t.field({
      type: TenantLimits,
      description: "As they count, with plan and defaults.",
      resolve: ({ id, settings }) => parseSettings(settings, id).limits,
    }),
    allowedOrigins: t.stringList({
      description: "Whose pages may call for the tenant, besides those of CORS_ORIGINS.",
      resolve: (tenant) => [...originsOf(tenant)],
    }),
    createdAt: t.field({ type: "DateTime", resolve: ({ createdAt }) => createdAt }),
    updatedAt: t.field({ type: "DateTime", resolve: ({ updatedAt }) => updatedAt }),
  }),
});

const TenantRecordConnection = builder.connectionObject(
  { type: TenantRecord, name: "TenantRecordConnection" },
  { name: "TenantRecordEdge" },
);

builder.queryFields((t) => ({
  tenants: t.field({
    type: TenantRecordConnection,
    nullable: true,
    description: "All of them, in the order of their ids. For the platform's admin.",
    args: pageArgs,
    complexity: costOfPage,
    async resolve(_root, args, { services, caller }) {
      const admin = administratorOf(caller);
      return toConnection(await listTenants(services.admin, admin, toPageRequest(args)), args);
    },
  }),
  tenantById: t.field({
    type: TenantRecord,
    nullable: true,
    complexity: 2,
    description: "For admins. A tenant's own admin finds that tenant alone.",
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { services, caller }) =>
      openTenantRecord(services.admin, administratorOf(caller), id),
  }),
}));
